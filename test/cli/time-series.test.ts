import { join } from 'node:path';
import test from 'ava';
import { NeuralNet, timeSeriesFromCsv } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { write } from '../support/files.js';
import { args, csv, folderOf, lines } from './time-series-runs.js';

test('train and predict › a time series', async (t) => {
  const folder = await folderOf(t);
  const run = await blasnet(folder, [...args, '--season', '24', '-e', '30', '--no-charts']);
  t.deepEqual([run.code, run.errors], [0, '']);
  t.regex(run.output, /windows to train on, .*; 24 steps of 2 features, forecasts of 6 steps of load\n/);
  t.regex(
    run.output,
    /^load: mean absolute error [\d.]+, root mean squared error [\d.]+\n {2}last value as forecast: /m,
  );
  t.regex(run.output, /^ {2}season before \(24 steps\) as forecast: mean absolute error [\d.]+/m);

  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  const reader = await timeSeriesFromCsv(join(folder, 'series.csv'), {
    ...{ length: 24, horizon: 6, target: 'load', time: 'time', test: 1 / 5, validation: 1 / 10 },
  });
  t.deepEqual(net.preparation, reader.preparation);
  const cells = lines.slice(-24).map((line) => ({ load: line.split(',')[1]!, heat: line.split(',')[2]! }));
  const expected = [...(await net.predict(cells)).outputs.data];

  const { output, errors } = await blasnet(folder, ['predict', 'model.safetensors', 'series.csv']);
  t.is(errors, '');
  const [header, ...rows] = output.trim().split('\n');
  t.is(header, 'step,load');
  t.deepEqual(
    rows.map((row) => row.split(',').map((cell) => Math.fround(Number(cell)))),
    expected.map((value, i) => [i + 1, value]),
  );
  await write(folder, 'last.csv', csv(lines.slice(-24)));
  t.is((await blasnet(folder, ['predict', 'model.safetensors', 'last.csv'])).output, output);
  const json = await blasnet(folder, ['predict', 'model.safetensors', '-'], { input: JSON.stringify(cells) });
  t.deepEqual(
    (JSON.parse(json.output) as { step: number; load: number }[]).map(({ step, load }) => [step, Math.fround(load)]),
    expected.map((value, i) => [i + 1, value]),
  );
  const inspected = await blasnet(folder, ['inspect', 'model.safetensors']);
  t.regex(inspected.output, /a window of 24 time steps in order of time/);
  t.regex(inspected.output, /forecasts 6 time steps of load/);
});

test('train › the config file of a series', async (t) => {
  const folder = await folderOf(t);
  const series = { length: 12, horizon: 2, target: 'load', time: 'time' };
  await write(folder, 'config.json', JSON.stringify({ series, reader: { ignore: ['heat'] }, validation: 0 }));
  const run = ['train', 'series.csv', '--config', 'config.json', '-e', '1', '--no-charts'];
  const { code, output } = await blasnet(folder, [...run, '--horizon', '3']);
  t.is(code, 0);
  t.regex(output, /12 steps of 1 features, forecasts of 3 steps of load/);
  await write(folder, 'config.json', JSON.stringify({ series: { ...series, window: 3 } }));
  t.regex((await blasnet(folder, run)).errors, /for series in 'config.json' but received 'window'/);
});
