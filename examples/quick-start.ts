import { ActivationLayer, DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';

// 1000 points of y = sin x. Rows are samples: both tensors are 1000 × 1.
const x = Array.from({ length: 1000 }, (_, i) => [(2 * Math.PI * i) / 1000]);
const y = x.map(([angle]) => [Math.sin(angle!)]);
const reader = DataReader.fromTensors({ xTrain: Tensor.from(x), yTrain: Tensor.from(y) });
reader.normalizeX();
reader.normalizeY('fitting');
reader.shuffle();
reader.generateValidationSet(0.1); // takes a tenth of the rows

const stopper = { condition: 'stopLoss', value: 1e-5 } as const;
const params = new HyperParameters({ netType: 'fitting', learningRate: 0.8, batchSize: 10, maxEpoch: 1000, stopper });
const net = new NeuralNet(params, 'sine');
net.addLayer(new FullyConnectedLayer(1, 16));
net.addLayer(new ActivationLayer('gelu'));
net.addLayer(new FullyConnectedLayer(16, 1));

const { stopReason, iterations, seconds, best } = await net.train(reader);
console.log(`${iterations} iterations in ${seconds.toFixed(2)} s, ended by ${stopReason}`);
console.log(`R² on the validation set: ${best.accuracyValidation?.toFixed(4)}`);

// Raw rows in, answers out: the net knows how its reader scaled the data.
const { outputs } = await net.predict(Tensor.from([[1], [2], [5]]));
console.log(outputs.toArray(), 'expected', [1, 2, 5].map(Math.sin));
await net.save('output/quick-start/sine.safetensors');
