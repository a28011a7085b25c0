import { ActivationLayer, DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';

// 1000 points of y = sin x. Rows are samples: both tensors are 1000 × 1.
const angles = Array.from({ length: 1000 }, (_, i) => [(2 * Math.PI * i) / 1000]);
const sines = angles.map(([angle]) => [Math.sin(angle!)]);
const reader = DataReader.fromTensors({ xTrain: Tensor.from(angles), yTrain: Tensor.from(sines) });
reader.normalizeX();
reader.normalizeY('fitting');
reader.shuffle(); // because the validation set takes the first rows
reader.generateValidationSet(10); // a tenth of them

const stopper = { condition: 'stopLoss', value: 1e-5 } as const;
const params = new HyperParameters({ netType: 'fitting', learningRate: 0.8, batchSize: 10, maxEpoch: 1000, stopper });
const net = new NeuralNet(params, 'sine');
net.addLayer(new FullyConnectedLayer(1, 16), 'hidden');
net.addLayer(new ActivationLayer('gelu'), 'gelu');
net.addLayer(new FullyConnectedLayer(16, 1), 'output');

const { stopReason, iterations, seconds, best } = await net.train(reader);
console.log(`${iterations} iterations in ${seconds.toFixed(2)} s, ended by ${stopReason}`);
console.log(`R² on the validation set: ${best.accuracyValidation?.toFixed(4)}`);

const x = Tensor.from([[1], [2], [5]]);
const y = reader.deNormalizeY(net.inference(reader.normalizePredictData(x)));
console.log('predicted', y.data, 'in truth', x.data.map(Math.sin));
await net.saveWeights('output/quick-start'); // hidden.npz and output.npz
