// Trains a fully connected net on the 60,000 handwritten digits of MNIST and tests it on 10,000 others.
// npm run mnist -- [--epochs N] [--threads N] [--seed N] [--patience N] [--quiet] [--data DIR]

import { mkdir, writeFile } from 'node:fs/promises';
import {
  ActivationLayer,
  ClassificationLayer,
  FullyConnectedLayer,
  getThreads,
  HyperParameters,
  MnistImageDataReader,
  NeuralNet,
  setThreads,
  versions,
} from 'blasnet';
import { lossChart, saveChart } from 'blasnet/charts';
import { abortOnInterrupt, commandLine, numberOption } from './support/command-line.js';
import { mnistFiles } from './support/mnist-files.js';

const values = commandLine({
  epochs: { type: 'string', default: '4' },
  threads: { type: 'string' },
  seed: { type: 'string', default: '1' },
  patience: { type: 'string', default: '4' },
  quiet: { type: 'boolean', default: false },
  data: { type: 'string' },
});
if (values.threads !== undefined) setThreads(numberOption('threads', values.threads));

const reader = new MnistImageDataReader(await mnistFiles(values.data));
await reader.readData();
reader.normalizeX();
reader.normalizeY('multipleClassifier');
reader.generateValidationSet(12);

const batchSize = 128;
const epochs = numberOption('epochs', values.epochs);
const iterationsPerEpoch = Math.ceil(reader.numTrain / batchSize);
const params = new HyperParameters({
  netType: 'multipleClassifier',
  maxEpoch: epochs,
  batchSize,
  initMethod: 'msra',
  optimizer: 'momentum',
  learningRate: 0.2,
  // The rate rises for 200 steps, then falls to 0 at the last one.
  learningRateSchedule: {
    kind: 'cosine',
    unit: 'iteration',
    length: Math.max(1, epochs * iterationsPerEpoch),
    warmUp: { length: 200 },
  },
  // Ends after so many checkpoints without a new lowest validation loss, and restores the weights of the lowest.
  regularizer: { method: 'earlyStop', value: numberOption('patience', values.patience) },
  seed: numberOption('seed', values.seed),
});
const net = new NeuralNet(params, 'MNIST');
net.addLayer(new FullyConnectedLayer(784, 160), 'fc1');
net.addLayer(new ActivationLayer('relu'), 'relu1');
net.addLayer(new FullyConnectedLayer(160, 10), 'fc2');
net.addLayer(new ClassificationLayer('softmax'), 'softmax');

const log = values.quiet ? () => {} : console.log;
log(`blasnet ${versions.blasnet} on ${versions.cpu} (${versions.simd}), ${getThreads()} threads`);
log(net.summary());
const history = await net.train(reader, {
  checkpoint: 0.5,
  needTest: true,
  progress: !values.quiet,
  signal: abortOnInterrupt(),
});

const folder = 'output/mnist';
await mkdir(folder, { recursive: true });
await net.saveWeights(folder);
await net.save(`${folder}/mnist.safetensors`); // with the scaling of pixels: for `npx blasnet serve`
await writeFile(`${folder}/history.json`, `${JSON.stringify(history, null, 2)}\n`);
const chart = lossChart(history.records, { title: net.name, accuracyTitle: 'Accuracy' });
for (const file of ['loss.svg', 'loss.png']) await saveChart(chart, `${folder}/${file}`);

const trained = (history.iterations / iterationsPerEpoch).toFixed(2);
log(`${trained} epochs in ${history.seconds.toFixed(2)} s, stopped by ${history.stopReason}; see ${folder}/`);
console.log(`test accuracy ${history.test!.accuracy.toFixed(4)}`);
