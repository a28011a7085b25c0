// Trains a net of the given type, with progress on the standard error.
import { ClassificationLayer, DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';

const netType = process.argv[2];
const net = new NeuralNet(new HyperParameters({ netType, maxEpoch: 2 }), 'net');
net.addLayer(new FullyConnectedLayer(1, 1));
if (netType === 'binaryClassifier') net.addLayer(new ClassificationLayer('sigmoid'));
const reader = DataReader.fromTensors({ xTrain: Tensor.from([[1], [2], [3]]), yTrain: Tensor.from([[0], [1], [1]]) });
await net.train(reader, { progress: true });
