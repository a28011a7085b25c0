import { join } from 'node:path';
import test from 'ava';
import { DataReader, NeuralNet } from 'blasnet';
import { blasnet, houses, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

test('train › a baseline stands beside the result: the mean, the most frequent class', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(500));
  await write(folder, 'iris.csv', await irises());
  const json = async (...args: string[]) =>
    JSON.parse((await blasnet(folder, ['train', ...args, '-e', '2', '--no-charts', '--json'])).output).test;
  const fitting = await json('houses.csv', '-l', 'price', '--ignore', 'id', 'date', '--validation', '0');
  t.false('accuracy' in fitting);

  const reader = new DataReader({
    train: join(folder, 'houses.csv'),
    label: 'price',
    ignore: ['id', 'date'],
    split: 5,
  });
  await reader.readData();
  const [train, test] = [Array.from(reader.yTrainRaw.data), Array.from(reader.yTestRaw.data)];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
  const squared = (center: number) => mean(test.map((price) => (price - center) ** 2));
  const expected = { error: Math.sqrt(squared(mean(train))), r2: 1 - squared(mean(train)) / squared(mean(test)) };
  t.true(Math.abs(fitting.baseline.rootMeanSquaredError / expected.error - 1) < 1e-5);
  t.true(Math.abs(fitting.baseline.r2 - expected.r2) < 1e-5);

  const { baseline, perClass, confusionMatrix, accuracy } = await json('iris.csv', '-l', 'species');
  const supports: number[] = perClass.map(({ support }: { support: number }) => support);
  t.is(baseline.accuracy, supports[['setosa', 'versicolor', 'virginica'].indexOf(baseline.class)]! / 30);
  t.deepEqual(
    confusionMatrix.map((row: number[]) => row.reduce((sum, count) => sum + count)),
    supports,
  );
  t.is(confusionMatrix.reduce((sum: number, row: number[], i: number) => sum + row[i]!, 0) / 30, accuracy);
});

test('train › --loss for labels that are numbers: the figures in units of the file', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(150));
  const args = ['train', 'houses.csv', '-l', 'price', '--ignore', 'id', 'date', '-e', '20', '--no-charts', '--json'];
  const { output } = await blasnet(folder, [...args, '--loss', 'huber', '--metrics', 'rootMeanSquaredError']);
  const { test: result } = JSON.parse(output);
  const { preparation, params } = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual([params.loss, params.netType], ['huber', 'fitting']);
  const expected = result.metrics.rootMeanSquaredError * preparation!.y!.scale[0]!;
  t.true(Math.abs(result.rootMeanSquaredError / expected - 1) < 1e-5, `${result.rootMeanSquaredError} ${expected}`);
});
