// Forecasts at each midnight how many bikes Washington rents in the 24 hours of the next day, from the week before: a GRU,
// beside forecasts that need no net, the same hours a week ago and yesterday.
// npm run example -- forecast [--epochs N] [--seed N]

import { FullyConnectedLayer, GruLayer, HyperParameters, NeuralNet, timeSeriesWindows } from 'blasnet';
import { lineChart, lossChart } from 'blasnet/charts';
import { readBikes } from './support/bikes.js';
import { numberOptions } from './support/command-line.js';
import { forecastErrors } from './support/metrics.js';
import { pictures } from './support/pictures.js';
import { printTable } from './support/table.js';

const { epochs, seed } = numberOptions({ epochs: 30, seed: 1 });
const [length, horizon, stride] = [7 * 24, 24, 24];
const { columns, times } = readBikes();
const reader = timeSeriesWindows(columns, { length, horizon, stride, target: 'rentals', test: 0.15, validation: 0.1 });
const { numTrain, numValidation, numTest } = reader;
console.log(`${numTrain} windows to train on, ${numValidation} for validation, ${numTest} to test on`);

const params = new HyperParameters({
  netType: 'fitting',
  optimizer: 'adam',
  learningRate: 0.003,
  learningRateSchedule: { kind: 'cosine', length: epochs },
  gradientClip: { norm: 1 },
  batchSize: 64,
  maxEpoch: epochs,
  seed,
});
const net = new NeuralNet(params, 'bikes')
  .addLayer(new GruLayer(48))
  .addLayer(new FullyConnectedLayer(64, { activation: 'relu' }))
  .addLayer(new FullyConnectedLayer(horizon));
const { records, seconds, best } = await net.train(reader, { restoreBest: true });
console.log(`${epochs} epochs in ${seconds.toFixed(2)} s; weights of epoch ${best.epoch}, the best for validation`);

const real = reader.deNormalizeY(reader.yTest);
const forecasts = {
  GRU: reader.deNormalizeY(net.inference(reader.xTest)),
  'a week ago': reader.naiveForecast({ season: length }),
  yesterday: reader.naiveForecast({ season: horizon }),
};
const errors = Object.entries(forecasts).map(([name, forecast]) => ({ name, ...forecastErrors(real, forecast) }));
console.log('Errors on the test set, in bikes an hour:');
printTable(
  ['forecast', 'mean absolute error', 'root mean squared error'],
  errors.map(({ name, absolute, squared }) => [name, absolute.toFixed(1), squared.toFixed(1)]),
);

// A week of the test set, each day forecast at midnight from the raw numbers of the week before.
const firstHour = times.length - numTest * 24;
const monday = times.findIndex((time, hour) => hour >= firstHour && new Date(time).getUTCDay() === 1);
const daily: number[] = [];
for (let midnight = monday; midnight < monday + 7 * 24; midnight += 24) {
  const cut = (numbers: readonly number[]) => numbers.slice(midnight - length, midnight);
  const before = Object.fromEntries(Object.entries(columns).map(([name, numbers]) => [name, cut(numbers)]));
  daily.push(...(await net.predict(before)).outputs.data);
}
const rentals = columns.rentals!.slice(monday - length, monday + 7 * 24);
const points = (numbers: readonly number[]) => numbers.map((number, hour) => [hour / 24, number] as const);
const date = new Date(times[monday]!).toISOString().slice(0, 10);
const week = lineChart(
  [
    { name: 'real', points: points(rentals.slice(length)) },
    { name: 'GRU', points: points(daily) },
    { name: 'a week ago', points: points(rentals.slice(0, length)), mark: 'dashes' },
  ],
  {
    title: 'Bikes rented in an hour, each day forecast at midnight',
    x: { title: `Days from Monday, ${date}` },
    y: { title: 'Bikes an hour' },
    width: 760,
  },
);
const save = pictures('forecast');
await save('week', week);
const ahead = errors.map(({ name, byStep }) => ({ name, points: byStep.map((error, i) => [i, error] as const) }));
const axes = { x: { title: 'Hour of the day', domain: [0, 23] }, y: { title: 'Bikes an hour' } } as const;
await save('errors', lineChart(ahead, { title: 'Mean absolute error by hour of the day', ...axes }));
await save('loss', lossChart(records, { title: 'Bikes', accuracyTitle: 'R²' }));
