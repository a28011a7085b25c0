// A net that is far too large for 100 noisy points learns them by heart; four remedies, side by side.
// npm run example -- regularisation [--epochs N] [--seed N]

import {
  ActivationLayer,
  BatchNormLayer,
  ClassificationLayer,
  DropoutLayer,
  FullyConnectedLayer,
  HyperParameters,
  type Layer,
  NeuralNet,
  type Regularizer,
} from 'blasnet';
import { lineChart, type Panel, trellis } from 'blasnet/charts';
import { numberOptions } from './support/command-line.js';
import { noisyMoons } from './support/moons.js';
import { pictures } from './support/pictures.js';
import { printTable } from './support/table.js';

const { epochs, seed } = numberOptions({ epochs: 300, seed: 1 });
const width = 100;

interface Remedy {
  readonly name: string;
  readonly regularizer?: Regularizer;
  /** What stands in front of each hidden activation. */
  readonly before?: () => Layer;
  /** What stands behind it. */
  readonly after?: () => Layer;
}
const remedies: readonly Remedy[] = [
  { name: 'none' },
  { name: 'l2 0.1', regularizer: { method: 'l2', value: 0.1 } },
  { name: 'dropout 0.5', after: () => new DropoutLayer(0.5) },
  { name: 'batch norm', before: () => new BatchNormLayer(width) },
  { name: 'early stopping', regularizer: { method: 'earlyStop', value: 20 } },
];

function moonNet({ name, regularizer, before, after }: Remedy): NeuralNet {
  const params = new HyperParameters({
    netType: 'binaryClassifier',
    initMethod: 'msra',
    optimizer: 'adam',
    learningRate: 0.003,
    batchSize: 20,
    maxEpoch: epochs,
    seed,
    ...(regularizer && { regularizer }),
  });
  const net = new NeuralNet(params, name);
  for (const inputs of [2, width]) {
    net.addLayer(new FullyConnectedLayer(inputs, width));
    if (before) net.addLayer(before());
    net.addLayer(new ActivationLayer('relu'));
    if (after) net.addLayer(after());
  }
  return net.addLayer(new FullyConnectedLayer(width, 1)).addLayer(new ClassificationLayer('sigmoid'));
}

const rows: (string | number)[][] = [];
const panels: { loss: Panel; accuracy: Panel }[] = [];
for (const remedy of remedies) {
  const reader = noisyMoons(seed);
  const net = moonNet(remedy);
  const { records, stopReason } = await net.train(reader);
  const train = net.test(reader.xTrain, reader.yTrain);
  const validation = net.test(reader.xDev, reader.yDev);
  rows.push([
    remedy.name,
    train.accuracy.toFixed(4),
    validation.accuracy.toFixed(4),
    validation.loss.toFixed(4),
    records.at(-1)!.epoch,
    stopReason,
  ]);
  const panel = (field: 'loss' | 'accuracy', title: string, domain: readonly [number, number]) =>
    lineChart(
      (['Train', 'Validation'] as const).map((part) => ({
        name: part === 'Train' ? 'training' : 'validation',
        points: records.map((record) => [record.epoch, record[`${field}${part}`]!] as const),
      })),
      { title: remedy.name, x: { title: 'Epoch', domain: [0, epochs] }, y: { title, domain }, width: 190, height: 150 },
    );
  panels.push({ loss: panel('loss', 'Loss', [0, 1.2]), accuracy: panel('accuracy', 'Accuracy', [0.75, 1]) });
}
console.log('The net at the end of training (early stopping: with the weights of the best epoch):');
printTable(['remedy', 'training accuracy', 'validation accuracy', 'validation loss', 'epochs', 'ended by'], rows);
const chart = trellis([...panels.map(({ loss }) => loss), ...panels.map(({ accuracy }) => accuracy)], {
  title: 'Training against validation',
  subtitle: 'Upper row: loss, with its penalty if it has one; lower row: accuracy',
  columns: remedies.length,
  sharedLegend: true,
});
await pictures('regularisation')('curves', chart);
