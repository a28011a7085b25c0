// Transfer learning: a net that reads the digits 0 to 4 learns the digits 5 to 9 from a few of each. Its layers are frozen
// and get a new head; then all of them are trained on at a tenth of the learning rate. A net that begins from nothing with
// the same few digits shows what that is worth.
// npm run example -- transfer-learning [--epochs N] [--threads N] [--seed N] [--data DIR]

import {
  ClassificationLayer,
  ConvLayer,
  type DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  MaxPoolLayer,
  NeuralNet,
  setThreads,
} from 'blasnet';
import { lineChart } from 'blasnet/charts';
import { commandLine, numberOption } from './support/command-line.js';
import { Digits } from './support/digits.js';
import { pictures } from './support/pictures.js';
import { printTable } from './support/table.js';

const values = commandLine({
  epochs: { type: 'string', default: '2' },
  threads: { type: 'string' },
  seed: { type: 'string', default: '1' },
  data: { type: 'string' },
});
if (values.threads !== undefined) setThreads(numberOption('threads', values.threads));
const [epochs, seed] = [numberOption('epochs', values.epochs), numberOption('seed', values.seed)];

/** Training rows of each new digit. */
const fewRows = [3, 10, 30, 100];
const body = ['conv1', 'conv2', 'features'];

function newNet(name: string): NeuralNet {
  const params = new HyperParameters({
    netType: 'multipleClassifier',
    optimizer: 'adam',
    learningRate: 0.002,
    batchSize: 16,
    maxEpoch: 100,
    seed,
  });
  return new NeuralNet(params, name)
    .addLayer(new ConvLayer({ filters: 8, kernelSize: 5, activation: 'relu' }), 'conv1')
    .addLayer(new MaxPoolLayer({ poolSize: 2 }))
    .addLayer(new ConvLayer({ filters: 16, kernelSize: 5, activation: 'relu' }), 'conv2')
    .addLayer(new MaxPoolLayer({ poolSize: 2 }))
    .addLayer(new FlattenLayer())
    .addLayer(new FullyConnectedLayer(64, { activation: 'relu' }), 'features')
    .addLayer(new FullyConnectedLayer(5), 'digits')
    .addLayer(new ClassificationLayer('softmax'));
}

async function testAccuracy(net: NeuralNet, reader: DataReader): Promise<number> {
  const { test } = await net.train(reader, { needTest: true });
  return test!.accuracy;
}

const digits = await Digits.read(values.data);
const file = 'output/transfer-learning/digits-0-4.safetensors';
const reads0to4 = newNet('MNIST, 0 to 4');
const { test: known } = await reads0to4.train(digits.reader(0, 4), {
  needTest: true,
  // A net keeps its hyperparameters: 100 epochs are for the few rows.
  callbacks: [{ onEpochEnd: ({ epoch, stop }) => epoch >= epochs && stop() }],
});
await reads0to4.save(file);
console.log(`digits 0 to 4, all training rows: test accuracy ${known!.accuracy.toFixed(4)}`);

const ways = ['frozen layers', 'fine-tuned', 'from scratch'] as const;
const accuracies: number[][] = [];
for (const rows of fewRows) {
  const reader = digits.reader(5, 9, rows);
  const net = await NeuralNet.load(file);
  for (const name of body) net.getLayer(name).trainable = false;
  net
    .removeLayer('digits')
    .addLayer(new FullyConnectedLayer(5), 'new digits')
    .addLayer(new ClassificationLayer('softmax'));
  const frozen = await testAccuracy(net, reader);

  for (const name of body) {
    net.getLayer(name).trainable = true;
    net.getLayer(name).learningRateFactor = 0.1;
  }
  const tuned = await testAccuracy(net, reader);
  accuracies.push([frozen, tuned, await testAccuracy(newNet('MNIST, 5 to 9'), reader)]);
}

console.log('Test accuracy on the digits 5 to 9:');
printTable(
  ['rows of each digit', ...ways],
  fewRows.map((rows, i) => [rows, ...accuracies[i]!.map((accuracy) => accuracy.toFixed(4))]),
);
const chart = lineChart(
  ways.map((name, way) => ({ name, points: fewRows.map((rows, i) => [rows, accuracies[i]![way]!] as const) })),
  {
    title: 'The digits 5 to 9, learnt from a few of each',
    x: { title: 'Training rows of each digit', scale: 'log', domain: [fewRows[0]!, fewRows.at(-1)!] },
    y: { title: 'Test accuracy' },
    width: 480,
  },
);
await pictures('transfer-learning')('accuracy', chart);
