import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet, houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

test('train --config › the example: layers with sizes left out, reader options, hyperparameters', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(500));
  await copyFile('examples/house-price.json', join(folder, 'config.json'));
  const args = ['train', 'houses.csv', '--config', 'config.json', '--no-charts', '--json'];
  const { code, output, errors } = await blasnet(folder, [...args, '--epochs', '3']);
  t.deepEqual([code, errors], [0, '']);
  const summary = JSON.parse(output);
  t.like(summary, { epochs: 3, rows: { train: 360, validation: 40, test: 100 } });
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(net.layerNames, ['hidden', 'norm', 'relu', 'output']);
  t.deepEqual(net.layers[0]!.config, { type: 'FullyConnectedLayer', inputs: summary.features, outputs: 64 });
  t.like(net.layers[1]!.config, { type: 'BatchNormLayer', features: 64, momentum: 0.95 });
  t.deepEqual(net.layers[3]!.config, { type: 'FullyConnectedLayer', inputs: 64, outputs: 1 });
  t.like(net.params, { optimizer: { name: 'adamW', weightDecay: 0.1 }, batchSize: 64, maxEpoch: 3, seed: 1 });
  t.like(
    net.preparation?.columns?.find(({ name }) => name === 'zipcode'),
    { encoding: 'oneHot' },
  );

  // What is given on the command line goes first.
  await blasnet(folder, [...args, '--epochs', '1', '--net', '6', '--optimizer', 'sgd', '--split', '0']);
  const other = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(other.layerNames, ['hidden1', 'relu1', 'output']);
  t.is(other.params.optimizer, 'sgd');
});
