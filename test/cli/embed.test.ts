import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EmbeddingLayer, NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

const cities = ['Berlin', 'Paris', 'Rome', 'Oslo', 'Bern'];

async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [city, street, size] = [(i * 7) % 5, (i * 11) % 8, 20 + ((i * 13) % 50)];
    return `${cities[city]},s${street},${size},${(3 + city) * size + 10 * street}`;
  });
  await write(folder, 'flats.csv', ['city,street,size,price', ...rows].join('\n'));
  await write(folder, 'new.csv', 'size,street,city\n40,s1,Berlin\n40,s1,London\n');
  return folder;
}

test('train --embed › a graph of embeddings and features, which predicts unknown names', async (t) => {
  const folder = await folderOf(t);
  const args = ['train', 'flats.csv', '-l', 'price', '--embed', 'city,street', '--net', '16', '--no-charts', '--json'];
  const { code, output, errors } = await blasnet(folder, [...args, '-e', '200']);
  t.deepEqual([code, errors], [0, '']);
  const { test: result } = JSON.parse(output) as {
    test: { rootMeanSquaredError: number; baseline: { rootMeanSquaredError: number } };
  };
  t.true(result.rootMeanSquaredError < result.baseline.rootMeanSquaredError / 2);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(
    net.inputs.map(({ name }) => name),
    ['features', 'city', 'street'],
  );
  const embeddings = net.layers.filter((layer) => layer instanceof EmbeddingLayer);
  t.deepEqual(
    embeddings.map(({ count, size }) => [count, size]),
    [
      [6, 4],
      [9, 5],
    ],
  );
  // In units of the file: the error over all rows is near that of the test set.
  const all = await blasnet(folder, ['predict', 'model.safetensors', 'flats.csv', '--keep', 'price']);
  const pairs = all.output
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));
  const squares = pairs.reduce((sum, [price, answer]) => sum + (price! - answer!) ** 2 / pairs.length, 0);
  t.true(Math.sqrt(squares) < 2 * result.rootMeanSquaredError && Math.sqrt(squares) > result.rootMeanSquaredError / 2);
  const predicted = await blasnet(folder, ['predict', 'model.safetensors', 'new.csv']);
  t.regex(predicted.output, /^prediction\n[\d.]+\n[\d.]+\n$/);
});

test('train --embed › classes, embedded columns alone, separate names', async (t) => {
  const folder = await folderOf(t);
  const classes = await blasnet(folder, [
    ...['train', 'flats.csv', '-l', 'city', '--embed', 'street', '-e', '2', '--no-charts'],
  ]);
  t.is(classes.code, 0);
  t.regex(classes.output, /^classes: Berlin, Bern, Oslo, Paris, Rome$/m);
  const alone = ['train', 'flats.csv', '-l', 'price', '--embed', 'city', 'street', '--ignore', 'size', '-e', '2'];
  const { code, output } = await blasnet(folder, [...alone, '--no-charts']);
  t.is(code, 0);
  t.regex(output, /joined +concatenate +city embedding, street embedding/);
});

test('export › ONNX of embedded columns is refused, with what to do', async (t) => {
  const folder = await folderOf(t);
  await blasnet(folder, ['train', 'flats.csv', '-l', 'price', '--embed', 'city,street', '-e', '1', '--no-charts']);
  const { code, errors } = await blasnet(folder, ['export', 'model.safetensors', 'model.onnx']);
  t.is(code, 1);
  t.regex(errors, /one without names.*save the net as \.safetensors.*one-hot columns.*net\.preparation to undefined/);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  net.preparation = undefined;
  await net.exportOnnx(join(folder, 'layers.onnx'));
  const layers = await NeuralNet.fromOnnx(join(folder, 'layers.onnx'));
  t.deepEqual(layers.inputs.map(({ name }) => name).sort(), net.inputs.map(({ name }) => name).sort());
});

test('train --embed › what does not go together', async (t) => {
  const folder = await folderOf(t);
  await write(folder, 'config.json', JSON.stringify({ layers: [{ type: 'FullyConnectedLayer' }] }));
  const args = ['train', 'flats.csv', '-l', 'price', '--embed', 'city', '--categorical', 'street'];
  for (const [more, expected, message] of [
    [
      ['--config', 'config.json'],
      1,
      /Expected names of inputs: features, city for inputs in layers\[0\] but received 'none'/,
    ],
    [
      ['--out', 'model.onnx'],
      2,
      /--embed: Expected --out with a name that ends in .safetensors.*--categorical instead/,
    ],
    [['--ignore', 'city'], 1, /neither labels nor ignored for embed/],
  ] as const) {
    const { code, errors } = await blasnet(folder, [...args, ...more]);
    t.is(code, expected);
    t.regex(errors, message);
  }
});
