// Fits a wavy curve with four sigmoid units: the loss stays on a plateau for long, then drops all at once.
// npm run example -- curve-fitting [--epochs N] [--seed N]

import { Tensor } from 'blasnet';
import { lineChart, lossChart } from 'blasnet/charts';
import { numberOptions } from './support/command-line.js';
import { curve, curveData, curveNet } from './support/curve.js';
import { pictures } from './support/pictures.js';

const { epochs, seed } = numberOptions({ epochs: 10_000, seed: 1 });
const save = pictures('curve-fitting');

for (const [name, stopLoss] of [
  ['coarse', 0.001],
  ['fine', 0.0002],
] as const) {
  const reader = curveData();
  const net = curveNet({ learningRate: 0.5, stopLoss, epochs, seed });
  const { records, stopReason, seconds, test } = await net.train(reader, { checkpoint: 10, needTest: true });
  const last = records.at(-1)!;
  console.log(
    `${name}: validation loss ${last.lossValidation!.toFixed(6)} after ${last.epoch} epochs ` +
      `(${last.iteration} iterations, ${seconds.toFixed(2)} s), ended by ${stopReason}`,
  );
  console.log(`${name}: test loss ${test!.loss.toFixed(6)}, R² ${test!.accuracy.toFixed(4)}`);

  const title = `Loss until ${stopLoss}`;
  await save(`loss-${name}`, lossChart(records, { title, xCoordinate: 'epoch', accuracyTitle: 'R²' }));

  const grid = Array.from({ length: 201 }, (_, i) => i / 200);
  const fitted = net.inference(Tensor.from(grid.map((x) => [x])));
  const [xTest, yTest] = [reader.xTest.data, reader.yTest.data];
  const chart = lineChart(
    [
      { name: 'test points', mark: 'points', points: Array.from(xTest, (x, i) => [x, yTest[i]!]) },
      { name: 'curve without noise', mark: 'dashes', points: grid.map((x) => [x, curve(x)]) },
      { name: 'net', points: grid.map((x, i) => [x, fitted.data[i]!]) },
    ],
    { title: `Net trained to a loss of ${stopLoss}`, x: { title: 'x' }, y: { title: 'y' } },
  );
  await save(`curve-${name}`, chart);
}
