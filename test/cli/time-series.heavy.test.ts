import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet, timeSeriesFromCsv } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { write } from '../support/files.js';
import { args, csv, folderOf, lines, timeOf } from './time-series-runs.js';

test('train › errors of the report are those of the test set, in its units', async (t) => {
  const folder = await folderOf(t);
  const options = ['--target', 'load', 'heat', '--gap', '1', '-e', '3', '--no-charts', '--json', '--season', '24'];
  const { code, output } = await blasnet(folder, [
    'train',
    'series.csv',
    '--window',
    '24',
    '--horizon',
    '3',
    ...options,
    '--ignore',
    'time',
  ]);
  t.is(code, 0);
  const { forecasts } = (JSON.parse(output) as { test: { forecasts: Record<string, number>[] } }).test;
  t.deepEqual(
    forecasts.map(({ target }) => target as unknown),
    ['load', 'heat'],
  );
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  const reader = await timeSeriesFromCsv(join(folder, 'series.csv'), {
    ...{ length: 24, horizon: 3, target: ['load', 'heat'], ignore: ['time'], gap: 1, test: 1 / 5, validation: 1 / 10 },
  });
  const real = reader.yTestRaw.data;
  const answers = (await net.predict(reader.xTestRaw)).outputs.data;
  const naive = reader.naiveForecast().data;
  for (const [i, result] of forecasts.entries()) {
    const errors = (of: ArrayLike<number>) =>
      Array.from(real, (value, at) => of[at]! - value).filter((_, at) => at % 2 === i);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    t.true(Math.abs(result.meanAbsoluteError! - mean(errors(answers).map(Math.abs))) < 1e-4);
    t.true(Math.abs(result.rootMeanSquaredError! ** 2 - mean(errors(answers).map((e) => e * e))) < 1e-3);
    const { meanAbsoluteError } = result.lastValue as unknown as { meanAbsoluteError: number };
    t.true(Math.abs(meanAbsoluteError - mean(errors(naive).map(Math.abs))) < 1e-4);
  }
  const predicted = await blasnet(folder, ['predict', 'model.safetensors', 'series.csv']);
  t.regex(predicted.output, /^step,load,heat\n2,[\d.]+,[\d.]+\n3,.*\n4,.*\n$/);
});

test('train › a series goes through a GRU, or the layers that --net names', async (t) => {
  const folder = await folderOf(t);
  const layersFor = async (...more: string[]) => {
    const { code, errors } = await blasnet(folder, [...args, '-e', '1', '--no-charts', '-q', ...more]);
    t.deepEqual([code, errors], [0, '']);
    const net = await NeuralNet.load(join(folder, 'model.safetensors'));
    return net.layerNames;
  };
  t.deepEqual(await layersFor(), ['gru1', 'output']);
  const usual = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(usual.getLayer('output').parameters[0]!.value.shape, [32, 6]);
  t.deepEqual(await layersFor('--net', 'lstm8-gru5-4'), ['lstm1', 'gru2', 'hidden1', 'relu1', 'output']);
  t.deepEqual(await layersFor('--net', '16'), ['flatten', 'hidden1', 'relu1', 'output']);
  for (const list of ['gru', 'gru0', 'gru8-', 'gru8-lstm', '8-gru8', 'gru8--4', 'gru9999999']) {
    const { code, errors } = await blasnet(folder, [...args, '-e', '1', '--no-charts', '--net', list]);
    t.is(code, 1, list);
    t.regex(errors, /for net but received/);
  }
  // A stream takes such nets step by step.
  await layersFor('--net', 'gru4');
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  const cells = lines.slice(-24).map((line) => ({ load: line.split(',')[1]!, heat: line.split(',')[2]! }));
  const stream = net.stream();
  let last = await stream.predict(cells[0]!);
  for (const step of cells.slice(1)) last = await stream.predict(step);
  t.deepEqual(last, await net.predict(cells));
});

test('predict › files that hold no window', async (t) => {
  const folder = await folderOf(t);
  await blasnet(folder, [...args, '-e', '1', '--no-charts', '-q']);
  await write(folder, 'short.csv', csv(lines.slice(0, 5)));
  await write(folder, 'back.csv', csv([...lines].reverse()));
  await write(folder, 'text.csv', csv([...lines.slice(0, 40), `${timeOf(40)},x,1`]));
  await write(folder, 'other.csv', 'time,load\n1,2\n');
  for (const [file, message] of [
    ['short.csv', /at least 24 rows, which are a window, for 'short.csv' but received 5/],
    ['back.csv', /a time after '.*' in row 278 of 'back.csv' but received .*; sort the rows by time/],
    ['text.csv', /a number for row 41, column 'load' in 'text.csv'/],
    ['other.csv', /a column 'heat'/],
  ] as const) {
    const { code, errors } = await blasnet(folder, ['predict', 'model.safetensors', file]);
    t.is(code, 1, file);
    t.regex(errors, message);
  }
  const kept = await blasnet(folder, ['predict', 'model.safetensors', 'series.csv', '--keep', 'time']);
  t.deepEqual([kept.code, kept.output], [2, '']);
});

test('train › options that do not go together', async (t) => {
  const folder = await folderOf(t);
  for (const [more, message] of [
    [['--horizon', '3'], /--horizon is for a time series, which --window <steps> makes of the file/],
    [['--window', '3'], /--target <columns> is needed/],
    [
      ['--window', '3', '--target', 'load', '--label', 'load'],
      /--label is not for a time series, which needs --target/,
    ],
    [['--window', '3', '--target', 'load', '--type', 'binary'], /--type: Expected 'fitting'/],
    [['--window', '3', '--target', 'load', '--missing', 'mean'], /--missing: Expected error or previous/],
    [['--window', '3', '--target', 'load', '--time-format', 'DD'], /--time-format needs --time/],
    [['--window', '3', '--target', 'load', '--split', '1'], /parts of a time series but received all of it/],
  ] as const) {
    const { code, errors } = await blasnet(folder, ['train', 'series.csv', ...more]);
    t.is(code, 2, more.join(' '));
    t.regex(errors, message);
  }
  const table = await blasnet(folder, [
    'train',
    'series.csv',
    '-l',
    'load',
    '--missing',
    'previous',
    '--ignore',
    'time',
  ]);
  t.is(table.code, 1);
  t.regex(table.errors, /'error', 'drop'.* for missing but received 'previous'/);
  t.true((await readFile(join(folder, 'series.csv'), 'utf8')).startsWith('time,'));
});
