// Paths of the optimizers down three slopes: a long valley, a straight line's loss, and the curve of curve-fitting.
// npm run example -- optimizers [--epochs N] [--seed N]

import { createOptimizer, type OptimizerName } from 'blasnet';
import { contourChart, lineChart, type Point, type Series, trellis } from 'blasnet/charts';
import { numberOptions } from './support/command-line.js';
import { curveData, curveNet } from './support/curve.js';
import { lineData, linePath } from './support/line.js';
import { pictures } from './support/pictures.js';
import { printTable } from './support/table.js';

const { epochs, seed } = numberOptions({ epochs: 10_000, seed: 1 });
const save = pictures('optimizers');

// (a) Twenty steps on z = x²/10 + y², whose gradient is (x/5, 2y).
const valley = Object.entries({ sgd: 0.95, momentum: 0.1, rmsProp: 0.5, adam: 0.5 }).map(([name, learningRate]) => {
  const optimizer = createOptimizer(name as OptimizerName, { learningRate });
  const theta = Float64Array.of(-7, 2);
  const points: Point[] = [[-7, 2]];
  for (let i = 0; i < 20; i++) {
    optimizer.preUpdate(theta);
    optimizer.update(theta, Float64Array.of(theta[0]! / 5, 2 * theta[1]!));
    points.push([theta[0]!, theta[1]!]);
  }
  return { name: `${name} ${learningRate}`, points };
});
const height = (x: number, y: number) => (x * x) / 10 + y * y;
console.log('Twenty iterations on z = x²/10 + y², from (−7, 2):');
printTable(
  ['optimizer', 'x', 'y', 'z'],
  valley.map(({ name, points }) => {
    const [x, y] = points.at(-1)!;
    return [name, x.toFixed(4), y.toFixed(4), height(x, y).toFixed(6)];
  }),
);
const valleyAxes = { x: { title: 'x', domain: [-10, 10] }, y: { title: 'y', domain: [-3, 3] }, goal: [0, 0] } as const;
await save('valley', contourChart(height, valley, { title: 'Twenty steps on x²/10 + y²', width: 560, ...valleyAxes }));

// (b) The line y = 2x + 3 from 200 points: w and b after each batch of 10.
const { reader, loss, best } = lineData();
const goalLoss = 0.005;
const [iterations, learningRates] = [1000, [0.3, 0.1, 0.03]];
const names = ['sgd', 'momentum', 'nag', 'adaGrad', 'adaDelta', 'rmsProp', 'adam'] as const;

const paths = names.map((name) => {
  const series: Series[] = learningRates.map((rate) => ({
    name: `learning rate ${rate}`,
    points: linePath(reader, name, rate, iterations),
  }));
  return { name, series };
});
console.log(
  `\nIterations until the loss of all 200 points is ${goalLoss} (the least possible is ${loss(...best).toFixed(6)}):`,
);
printTable(
  ['optimizer', ...learningRates.map((rate) => `rate ${rate}`)],
  paths.map(({ name, series }) => [
    name,
    ...series.map(({ points }) => {
      const reached = points.findIndex((point) => loss(...point) <= goalLoss);
      return reached < 0 ? `over ${iterations}` : reached;
    }),
  ]),
);
for (const [picture, title, radius, from, to] of [
  ['line', 'The first 50 steps of w and b', [3, 4], 0, 50],
  ['line-zoom', 'The last 100 of 1000 steps', [0.1, 0.06], iterations - 100, iterations],
] as const) {
  const [w, b] = best;
  const panels = paths.map(({ name, series }) => {
    const shown = series.map((each) => ({ ...each, points: each.points.slice(from, to + 1) }));
    return contourChart(loss, shown, {
      title: name,
      x: { title: 'w', domain: [w - radius[0], w + radius[0]] },
      y: { title: 'b', domain: [b - radius[1], b + radius[1]] },
      goal: best,
      width: 200,
      height: 180,
    });
  });
  await save(picture, trellis(panels, { title, columns: 4, sharedLegend: true }));
}

// (c) Two learning rates for the curve.
const runs = [];
for (const learningRate of [0.1, 0.3]) {
  const net = curveNet({ learningRate, stopLoss: 0.001, epochs, seed });
  const { records, stopReason } = await net.train(curveData(), { checkpoint: 10 });
  runs.push({ learningRate, records, stopReason });
}
console.log('\nThe curve of curve-fitting by sgd, until a validation loss of 0.001:');
printTable(
  ['learning rate', 'epochs', 'validation loss', 'ended by'],
  runs.map(({ learningRate, records, stopReason }) => [
    String(learningRate),
    records.at(-1)!.epoch,
    records.at(-1)!.lossValidation!.toFixed(6),
    stopReason,
  ]),
);
const curves = runs.map(({ learningRate, records }) => ({
  name: `learning rate ${learningRate}`,
  points: records.map(({ epoch, lossTrain }) => [epoch, lossTrain] as const),
}));
const axes = { x: { title: 'Epoch' }, y: { title: 'Training loss', domain: [0, 0.01] } } as const;
await save('learning-rates', lineChart(curves, { title: 'Two learning rates', ...axes }));
