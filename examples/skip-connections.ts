// Skip connections: a net of residual blocks on small colour pictures, as a graph of layers, and its picture.
// npm run example -- skip-connections --data DIR [--epochs N] [--threads N] [--seed N]
// DIR holds CIFAR-10's binary version, or a part of it: https://www.cs.toronto.edu/~kriz/cifar.html

import { mkdir } from 'node:fs/promises';
import { CifarImageReader, setThreads } from 'blasnet';
import { netChart, saveChart } from 'blasnet/charts';
import { cifarExcerpt, cifarFiles } from './support/cifar-files.js';
import { convolutionalNet, residualNet } from './support/cifar-nets.js';
import { abortOnInterrupt, commandLine, numberOption } from './support/command-line.js';

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

const epochs = numberOption('epochs', values.epochs);
const run = { epochs, seed: numberOption('seed', values.seed), numTrain: reader.numTrain };
const nets = [residualNet(run), convolutionalNet(run)];
console.log(nets[0]!.summary());
await mkdir('output/skip-connections', { recursive: true });
for (const ending of ['svg', 'png']) {
  await saveChart(await netChart(nets[0]!, { title: nets[0]!.name }), `output/skip-connections/net.${ending}`);
}

for (const net of nets) {
  const history = await net.train(reader, {
    needTest: true,
    progress: process.stderr.isTTY,
    signal: abortOnInterrupt(),
  });
  const accuracy = history.test!.accuracy.toFixed(4);
  console.log(`${net.name}: test accuracy ${accuracy} after ${epochs} epochs in ${history.seconds.toFixed(2)} s`);
}
