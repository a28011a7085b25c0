// Things and animals on small colour pictures: a net of convolutions against one of fully connected layers.
// npm run example -- cifar-cnn --data DIR [--epochs N] [--threads N] [--seed N]
// DIR holds CIFAR-10's binary version, or a part of it: https://www.cs.toronto.edu/~kriz/cifar.html

import { CifarImageReader, type NeuralNet, setThreads } from 'blasnet';
import { cifarExcerpt, cifarFiles } from './support/cifar-files.js';
import { convolutionalNet, fullyConnectedNet } from './support/cifar-nets.js';
import { abortOnInterrupt, commandLine, numberOption } from './support/command-line.js';
import { drawImageReport } from './support/image-report.js';

const values = commandLine({
  epochs: { type: 'string', default: '15' },
  threads: { type: 'string' },
  seed: { type: 'string', default: '1' },
  data: { type: 'string' },
});
if (values.threads !== undefined) setThreads(numberOption('threads', values.threads));
if (values.data === undefined) {
  console.log(
    'No --data DIR with the files of CIFAR-10: trains on the 20 images of the tests, which is too few to learn',
  );
}

const files = values.data === undefined ? cifarExcerpt() : await cifarFiles(values.data);
const reader = new CifarImageReader({ ...files, augment: { horizontalFlip: true, crop: 4 } });
await reader.readData();
reader.normalizeX({ perChannel: true });
reader.normalizeY('multipleClassifier');
reader.generateValidationSet(20);
console.log(
  `${reader.numTrain} images to train on, ${reader.numValidation} for validation, ${reader.numTest} to test on`,
);

const run = {
  epochs: numberOption('epochs', values.epochs),
  seed: numberOption('seed', values.seed),
  numTrain: reader.numTrain,
};
const signal = abortOnInterrupt();
const train = async (net: NeuralNet) => {
  const history = await net.train(reader, { checkpoint: 0.5, needTest: true, progress: process.stderr.isTTY, signal });
  const accuracy = history.test!.accuracy.toFixed(4);
  console.log(`${net.name}: test accuracy ${accuracy} after ${run.epochs} epochs in ${history.seconds.toFixed(2)} s`);
  return history;
};

const net = convolutionalNet(run);
console.log(net.summary());
const history = await train(net);
console.log(`peak memory until then ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
await train(fullyConnectedNet(run));

const classNames = reader.classNames ?? Array.from({ length: 10 }, (_, number) => `class ${number}`);
await drawImageReport('cifar-cnn', { net, history, reader, classNames, firstLayer: 'conv1' });
