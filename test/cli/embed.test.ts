import { join } from 'node:path';
import test from 'ava';
import { EmbeddingLayer, NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { folderOf } from './embed-runs.js';

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
