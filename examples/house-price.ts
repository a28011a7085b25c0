// Predicts what houses in King County were sold for: a small net trained by plain SGD, then a better one.
// npm run example -- house-price [--seed N] [--epochs N of the first] [--better-epochs N of the second]

import { ActivationLayer, FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
import { histogramChart, lossChart, scatterChart } from 'blasnet/charts';
import { numberOptions } from './support/command-line.js';
import { type HouseData, moreColumns, readHouses, tableColumns } from './support/houses.js';
import { regressionFigures } from './support/metrics.js';
import { pictures } from './support/pictures.js';

const options = numberOptions({ seed: 1, epochs: 1000, 'better-epochs': 60 });
const save = pictures('house-price');

/** Fully connected layers of those widths with relu between them. */
function reluNet(params: HyperParameters, name: string, widths: readonly number[]): NeuralNet {
  const net = new NeuralNet(params, name);
  widths.slice(1).forEach((outputs, i) => {
    if (i > 0) net.addLayer(new ActivationLayer('relu'));
    net.addLayer(new FullyConnectedLayer(widths[i]!, outputs));
  });
  return net;
}

/** Trains, prints the figures on the test set, and draws. */
async function run(net: NeuralNet, houses: HouseData, checkpoint: number): Promise<void> {
  const { reader, pricesOf } = houses;
  const { records, iterations, seconds, stopReason } = await net.train(reader, { checkpoint });
  const real = pricesOf(reader.yTest);
  const predicted = pricesOf(net.inference(reader.xTest));
  const { r2, squaredError } = regressionFigures(real, predicted);
  console.log(
    `${net.name}: R² ${r2.toFixed(4)} on ${reader.numTest} test houses, error ${Math.round(squaredError / 1e4)}`,
  );
  console.log(`${net.name}: ${iterations} iterations in ${seconds.toFixed(2)} s, ended by ${stopReason}`);

  const titled = (what: string) => ({ title: `${what}, ${net.name} net` });
  await save(`loss-${net.name}`, lossChart(records, { ...titled('Loss and R²'), accuracyTitle: 'R²' }));
  const prices = { quantity: 'price in $', scale: 'log', format: '~s' } as const;
  await save(`prices-${net.name}`, scatterChart(real, predicted, { ...titled('Test houses'), ...prices }));
  const errors = real.map((price, i) => predicted[i]! - price);
  const axis = { x: 'Predicted minus real price in $', format: '~s', domain: [-5e5, 5e5], bins: 50 } as const;
  const subtitle = 'Errors beyond ±$500k count in the outermost bars';
  await save(`errors-${net.name}`, histogramChart(errors, { ...titled('Errors'), subtitle, ...axis }));
}

// The net of the published experiment, with its hyperparameters.
const plainParams = new HyperParameters({
  netType: 'fitting',
  initMethod: 'xavier',
  optimizer: 'sgd',
  learningRate: 0.1,
  batchSize: 16,
  maxEpoch: options.epochs,
  stopper: { condition: 'stopDiff', value: 1e-7 },
  seed: options.seed,
});
const plain = await readHouses(tableColumns);
await run(reluNet(plainParams, 'plain', [14, 32, 16, 8, 4, 1]), plain, 10);

// More columns, the logarithms of prices and areas, and a net that forgets what does not help.
const betterParams = new HyperParameters({
  netType: 'fitting',
  initMethod: 'msra',
  optimizer: { name: 'adamW', weightDecay: 0.3 },
  learningRate: 0.003,
  learningRateSchedule: { kind: 'cosine', length: options['better-epochs'], warmUp: { length: 1 } },
  batchSize: 64,
  maxEpoch: options['better-epochs'],
  seed: options.seed,
});
const better = await readHouses(moreColumns);
await run(reluNet(betterParams, 'better', [better.reader.numFeature, 64, 32, 1]), better, 1);
