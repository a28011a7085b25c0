// Who earns above $50,000 a year? The UCI Adult data: numbers and names in columns, some of them missing.
// npm run example -- binary-classification [--epochs N] [--seed N]

import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
} from 'blasnet';
import { confusionChart, confusionMatrix, lossChart, rocChart, rocCurve } from 'blasnet/charts';
import { adultFiles } from './support/adult.js';
import { numberOptions } from './support/command-line.js';
import { classesOf } from './support/metrics.js';
import { pictures } from './support/pictures.js';

const { epochs, seed } = numberOptions({ epochs: 60, seed: 1 });
const save = pictures('binary-classification');

const reader = new DataReader({ ...adultFiles, categorical: 'oneHot' });
await reader.readData();
reader.normalizeX();
reader.normalizeY('binaryClassifier');
reader.generateValidationSet(10);
console.log(`${reader.numTrain} people to train on, ${reader.numTest} to test on, ${reader.numFeature} features`);

const params = new HyperParameters({
  netType: 'binaryClassifier',
  initMethod: 'msra',
  optimizer: { name: 'adamW', weightDecay: 0.3 },
  learningRate: 0.01,
  learningRateSchedule: { kind: 'cosine', length: epochs },
  batchSize: 128,
  maxEpoch: epochs,
  seed,
});
const net = new NeuralNet(params, 'income');
net.addLayer(new FullyConnectedLayer(reader.numFeature, 64), 'hidden').addLayer(new ActivationLayer('relu'), 'relu');
net.addLayer(new FullyConnectedLayer(64, 1), 'output').addLayer(new ClassificationLayer('sigmoid'), 'sigmoid');
const { records, seconds, test } = await net.train(reader, { needTest: true });
console.log(
  `test accuracy ${test!.accuracy.toFixed(4)} after ${records.at(-1)!.epoch} epochs in ${seconds.toFixed(2)} s`,
);

const probabilities = net.inference(reader.xTest);
const curve = rocCurve(probabilities.data, reader.yTest.data);
console.log(`area under the ROC curve ${curve.area.toFixed(4)}`);
const counts = confusionMatrix(classesOf(reader.yTest), classesOf(probabilities), 2);
console.log(`confusion ${JSON.stringify(counts)}, rows: real class, columns: predicted`);
await save('loss', lossChart(records, { title: 'Income above $50,000', accuracyTitle: 'Accuracy' }));
await save('roc', rocChart(curve, { title: 'ROC curve on the test file' }));
await save('confusion', confusionChart(counts, reader.categories.income!, { title: 'People of the test file' }));
