// Convolutions read the digits of MNIST better than fully connected layers: one test digit of a hundred is misread, or less.
// npm run example -- mnist-cnn [--epochs N] [--threads N] [--seed N] [--data DIR]

import {
  ActivationLayer,
  ClassificationLayer,
  ConvLayer,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  MaxPoolLayer,
  MnistImageDataReader,
  NeuralNet,
  setThreads,
} from 'blasnet';
import { abortOnInterrupt, commandLine, numberOption } from './support/command-line.js';
import { drawImageReport } from './support/image-report.js';
import { mnistFiles } from './support/mnist-files.js';

const values = commandLine({
  epochs: { type: 'string', default: '5' },
  threads: { type: 'string' },
  seed: { type: 'string', default: '1' },
  data: { type: 'string' },
});
if (values.threads !== undefined) setThreads(numberOption('threads', values.threads));
const [epochs, batchSize] = [numberOption('epochs', values.epochs), 64];

const reader = new MnistImageDataReader({ ...(await mnistFiles(values.data)), mode: 'image' });
await reader.readData();
reader.normalizeX();
reader.normalizeY('multipleClassifier');
reader.generateValidationSet(12);

const params = new HyperParameters({
  netType: 'multipleClassifier',
  initMethod: 'msra',
  optimizer: 'adam',
  learningRate: 0.003,
  learningRateSchedule: {
    kind: 'cosine',
    unit: 'iteration',
    length: epochs * Math.ceil(reader.numTrain / batchSize),
  },
  batchSize,
  maxEpoch: epochs,
  seed: numberOption('seed', values.seed),
});
const net = new NeuralNet(params, 'MNIST')
  .addLayer(new ConvLayer({ inputShape: [1, 28, 28], filters: 8, kernelSize: 5 }), 'conv1')
  .addLayer(new ActivationLayer('relu'), 'relu1')
  .addLayer(new MaxPoolLayer({ inputShape: [8, 24, 24], poolSize: 2 }), 'pool1')
  .addLayer(new ConvLayer({ inputShape: [8, 12, 12], filters: 32, kernelSize: 5 }), 'conv2')
  .addLayer(new ActivationLayer('relu'), 'relu2')
  .addLayer(new MaxPoolLayer({ inputShape: [32, 8, 8], poolSize: 2 }), 'pool2')
  .addLayer(new FlattenLayer(), 'flatten')
  .addLayer(new FullyConnectedLayer(512, 128), 'fc1')
  .addLayer(new ActivationLayer('relu'), 'relu3')
  .addLayer(new DropoutLayer(0.4), 'dropout')
  .addLayer(new FullyConnectedLayer(128, reader.numCategory), 'fc2')
  .addLayer(new ClassificationLayer('softmax'), 'softmax');
console.log(net.summary());

const history = await net.train(reader, {
  checkpoint: 0.2,
  needTest: true,
  progress: process.stderr.isTTY,
  signal: abortOnInterrupt(),
});
console.log(`${epochs} epochs in ${history.seconds.toFixed(2)} s`);
console.log(`test accuracy ${history.test!.accuracy.toFixed(4)} on ${reader.numTest} digits`);
const classNames = Array.from({ length: reader.numCategory }, (_, digit) => `${digit}`);
await drawImageReport('mnist-cnn', { net, history, reader, classNames, firstLayer: 'conv1' });
