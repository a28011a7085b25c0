import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DataReader, NeuralNet, Tensor, writeNpz } from 'blasnet';
import { blasnet, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { houseOptions, housesFor } from './train-runs.js';

test('train › a CSV file becomes a model and charts; what it says of the test set is true', async (t) => {
  const folder = await housesFor(t);
  const { code, output, errors } = await blasnet(folder, ['train', ...houseOptions, '--json', '--seed', '3']);
  t.deepEqual([code, errors], [0, '']);
  const summary = JSON.parse(output);
  t.like(summary, {
    model: 'model.safetensors',
    charts: ['model-loss.svg', 'model-loss.png'],
    type: 'fitting',
    rows: { train: 360, validation: 40, test: 100 },
    features: 18,
    epochs: 4,
    iterations: 48,
    stopReason: 'maxEpoch',
  });
  t.regex(await readFile(join(folder, 'model-loss.svg'), 'utf8'), /^<svg/);
  t.true((await stat(join(folder, 'model-loss.png'))).size > 1000);

  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  const reader = new DataReader({
    train: join(folder, 'houses.csv'),
    label: 'price',
    ignore: ['id', 'date'],
    split: { k: 5, seed: 3 },
  });
  await reader.readData();
  reader.normalizeX({ fitOn: 'train' });
  reader.normalizeY('fitting', 0, { fitOn: 'train' });
  t.deepEqual(net.test(reader.xTest, reader.yTest), { loss: summary.test.loss, accuracy: summary.test.r2 });
  const { outputs } = await net.predict(reader.xTestRaw);
  const squares = Array.from(reader.yTestRaw.data, (price, i) => (outputs.data[i]! - price) ** 2);
  const error = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  t.true(Math.abs(summary.test.rootMeanSquaredError / error - 1) < 1e-4);
});

test('train › the report says what was guessed; --quiet leaves the test result', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'iris.csv', await irises());
  const options = ['train', 'iris.csv', '--label', 'species', '--no-charts', '--out', 'made/iris.onnx'];
  const { code, output, errors } = await blasnet(folder, options);
  t.deepEqual([code, errors], [0, '']);
  const lines = output.split('\n');
  t.is(lines[0], 'iris.csv: 108 rows to train on, 12 for validation, 30 for the test; 4 features');
  t.is(lines[1], 'type: multipleClassifier, since the labels are 3 names (--type changes that)');
  t.is(lines[2], 'classes: setosa, versicolor, virginica');
  t.regex(output, /^2,499 parameters, 4,800 FLOPs a row$/m);
  t.regex(output, /^750 epochs, 3000 iterations in [\d.]+ s, ended by maxEpoch$/m);
  t.regex(output, /^model: made\/iris.onnx$/m);
  const accuracy = Number(output.match(/^test: loss [\d.e-]+, accuracy ([\d.]+)$/m)?.[1]);
  t.true(accuracy > 0.9, `${accuracy}`);
  t.is((await NeuralNet.fromOnnx(join(folder, 'made/iris.onnx'))).params.netType, 'multipleClassifier');

  const quiet = await blasnet(folder, [...options, '--quiet']);
  t.deepEqual([quiet.code, quiet.errors], [0, '']);
  t.is(quiet.output, `${output.match(/^test: .*$/m)?.[0]}\n`);
});

test('train › npz: class numbers from their least one on, one-hot rows, images', async (t) => {
  const folder = await temporaryFolder(t);
  const numbers = Array.from({ length: 60 }, (_, i) => i % 3);
  const data = Tensor.from(
    numbers.flatMap((n) => [n, n * n, -n, 1]),
    [60, 1, 2, 2],
  );
  await writeNpz(join(folder, 'numbers.npz'), { data, label: Tensor.from(numbers.map((n) => [n + 7])) });
  await writeNpz(join(folder, 'hot.npz'), {
    data,
    label: Tensor.from(numbers.map((n) => [0, 1, 2].map((i) => Number(i === n)))),
  });
  for (const [name, options, classes] of [
    ['numbers', ['--type', 'multiple'], ['7', '8', '9']],
    ['hot', [], undefined],
  ] as const) {
    const { code, output } = await blasnet(folder, [
      'train',
      `${name}.npz`,
      ...options,
      '--net',
      '8',
      '--no-charts',
      '--json',
    ]);
    t.is(code, 0);
    t.like(JSON.parse(output), { type: 'multipleClassifier', features: 4, test: { accuracy: 1 } });
    const net = await NeuralNet.load(join(folder, 'model.safetensors'));
    t.deepEqual(net.preparation?.classes, classes);
    t.deepEqual(
      net.layers.map(({ kind }) => kind),
      ['flatten', 'fully connected', 'relu', 'fully connected', 'softmax'],
    );
  }
});

test('train › numbers that get lost end with code 1, and the model before stays', async (t) => {
  const folder = await housesFor(t);
  await write(folder, 'model.safetensors', 'a model');
  const { code, errors } = await blasnet(folder, ['train', ...houseOptions, '--optimizer', 'sgd', '--rate', '1e30']);
  t.is(code, 1);
  t.regex(errors, /^blasnet: Expected a finite loss but it became NaN or infinite in epoch 1.*\n$/);
  t.is(await readFile(join(folder, 'model.safetensors'), 'utf8'), 'a model');
});
