// Trains a fully connected net on the 60,000 handwritten digits of MNIST and tests it on 10,000 others.
// npm run mnist -- [--epochs N] [--threads N] [--seed N] [--stop-loss X] [--quiet] [--data DIR]

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
import { abortOnInterrupt, commandLine, numberOption } from './support/command-line.js';
import { mnistFiles } from './support/mnist-files.js';

const values = commandLine({
  epochs: { type: 'string', default: '10' },
  threads: { type: 'string' },
  seed: { type: 'string', default: '1' },
  'stop-loss': { type: 'string', default: '0.12' },
  quiet: { type: 'boolean', default: false },
  data: { type: 'string' },
});
if (values.threads !== undefined) setThreads(numberOption('threads', values.threads));

const reader = new MnistImageDataReader(await mnistFiles(values.data));
await reader.readData();
reader.normalizeX();
reader.normalizeY('multipleClassifier');
reader.generateValidationSet(12);

const stopLoss = numberOption('stop-loss', values['stop-loss']);
const params = new HyperParameters({
  learningRate: 0.1,
  maxEpoch: numberOption('epochs', values.epochs),
  batchSize: 64,
  netType: 'multipleClassifier',
  initMethod: 'msra',
  stopper: stopLoss > 0 ? { condition: 'stopLoss', value: stopLoss } : { condition: 'nothing', value: 0 },
  seed: numberOption('seed', values.seed),
});
const net = new NeuralNet(params, 'MNIST');
const sizes = [784, 128, 64, 32, 16, 10];
sizes.slice(1).forEach((outputs, i) => {
  net.addLayer(new FullyConnectedLayer(sizes[i]!, outputs), `fc${i + 1}`);
  if (outputs !== 10) net.addLayer(new ActivationLayer('relu'), `relu${i + 1}`);
});
net.addLayer(new ClassificationLayer('softmax'), 'softmax');

const log = values.quiet ? () => {} : console.log;
log(`blasnet ${versions.blasnet} on ${versions.cpu} (${versions.simd}), ${getThreads()} threads`);
log(net.summary());
const history = await net.train(reader, {
  checkpoint: 0.05,
  needTest: true,
  progress: !values.quiet,
  signal: abortOnInterrupt(),
});

const folder = 'output/mnist';
await mkdir(folder, { recursive: true });
await net.saveWeights(folder);
await net.save(`${folder}/mnist.safetensors`); // with the scaling of pixels: for `npx blasnet serve`
await writeFile(`${folder}/history.json`, `${JSON.stringify(history, null, 2)}\n`);
await net.showLossHistory({ xCoordinate: 'epoch', file: `${folder}/loss.svg` });
await net.showLossHistory({ xCoordinate: 'epoch', file: `${folder}/loss.png` });

const epochs = (history.iterations / Math.ceil(reader.numTrain / 64)).toFixed(2);
log(`${epochs} epochs in ${history.seconds.toFixed(2)} s, stopped by ${history.stopReason}; see ${folder}/`);
console.log(`test accuracy ${history.test!.accuracy.toFixed(4)}`);
