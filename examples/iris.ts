// Tells three species of iris apart by the lengths and widths in a CSV file.

import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
} from 'blasnet';
import { confusionChart, confusionMatrix, lossChart } from 'blasnet/charts';
import { dataFile } from './support/data-files.js';
import { classesOf } from './support/metrics.js';
import { pictures } from './support/pictures.js';

const reader = new DataReader({ train: dataFile('iris/iris.csv'), label: 'species', split: 5 });
await reader.readData();
reader.normalizeX();
reader.normalizeY('multipleClassifier');
reader.generateValidationSet(10);

const params = new HyperParameters({
  netType: 'multipleClassifier',
  optimizer: 'adam',
  learningRate: 0.01,
  maxEpoch: 200,
});
const net = new NeuralNet(params, 'iris');
net.addLayer(new FullyConnectedLayer(4, 8)).addLayer(new ActivationLayer('tanh'));
net.addLayer(new FullyConnectedLayer(8, 3)).addLayer(new ClassificationLayer('softmax'));
const history = await net.train(reader, { needTest: true });
console.log(`test accuracy ${history.test!.accuracy.toFixed(4)} on ${reader.numTest} irises`);

const save = pictures('iris');
await save('loss', lossChart(history.records, { title: 'Iris' }));
const counts = confusionMatrix(classesOf(reader.yTest), classesOf(net.inference(reader.xTest)), 3);
await save('confusion', confusionChart(counts, reader.categories.species!, { title: 'Test irises by species' }));
