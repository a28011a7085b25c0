import { ActivationLayer, DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';

// 1000 points of y = sin x. Rows are samples: both tensors are 1000 × 1.
const angles = Array.from({ length: 1000 }, (_, i) => (2 * Math.PI * i) / 1000);
const reader = DataReader.fromTensors({
  xTrain: Tensor.from(angles.map((angle) => [angle])),
  yTrain: Tensor.from(angles.map((angle) => [Math.sin(angle)])),
});
reader.normalizeX();
reader.normalizeY('fitting');
reader.shuffle(); // because the validation set takes the first rows
reader.generateValidationSet(10); // a tenth of them

const params = new HyperParameters({
  netType: 'fitting',
  initMethod: 'msra',
  learningRate: 0.2,
  batchSize: 10,
  maxEpoch: 1000,
  stopper: { condition: 'stopLoss', value: 1e-5 },
});
const net = new NeuralNet(params, 'sine');
net.addLayer(new FullyConnectedLayer(1, 16), 'hidden');
net.addLayer(new ActivationLayer('gelu'), 'gelu');
net.addLayer(new FullyConnectedLayer(16, 1), 'output');

const { stopReason, iterations, seconds, best } = await net.train(reader);
console.log(`${iterations} iterations in ${seconds.toFixed(2)} s, ended by ${stopReason}`);
console.log(`R² on the validation set: ${best?.accuracyValidation?.toFixed(4)}`);

const x = Tensor.from([[1], [2], [5]]);
const y = reader.deNormalizeY(net.inference(reader.normalizePredictData(x)));
y.data.forEach((sine, i) => {
  console.log(`sin ${x.data[i]} = ${sine.toFixed(3)}, in truth ${Math.sin(x.data[i]!).toFixed(3)}`);
});
await net.saveWeights('output/quick-start'); // hidden.npz and output.npz
