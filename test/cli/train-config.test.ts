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

test('train --config › what is wrong with one is said with its place', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(60));
  const reader = { label: 'price', ignore: ['id', 'date'] };
  const dense = { type: 'FullyConnectedLayer' };
  const cases: [string | object, RegExp][] = [
    ['{', /^Expected JSON in 'config.json' but received .*$/],
    [{ reader, epochs: 3 }, /^Expected only reader, .* for the config in 'config.json' but received 'epochs'$/],
    [
      { reader: { ...reader, labels: 1 } },
      /^Expected only label, .* for reader in 'config.json' but received 'labels'; did you mean 'label'\?$/,
    ],
    [{ reader: { ...reader, missing: 'guess' } }, /^Expected 'error', .* for missing but received 'guess'$/],
    [{ reader, hyperParameters: { maxEpoch: 0 } }, /^Expected a whole number above 0 for maxEpoch but received 0$/],
    [
      { reader, hyperParameters: { epochs: 1 } },
      /^Expected only netType, .* for options but received 'epochs'; did you mean 'maxEpoch'\?$/,
    ],
    [{ reader, layers: [] }, /^Expected a list of layers for layers in 'config.json' but received an array of 0$/],
    [
      { reader, layers: [{ name: 'a' }] },
      /^Expected an object for layers\[0\].config in 'config.json' but received undefined$/,
    ],
    [
      { reader, layers: [{ type: 'DenseLayer' }] },
      /^Expected one of .* for the layer's type in layers\[0\] but received 'DenseLayer'/,
    ],
    [
      { reader, layers: [{ name: 'a', config: { ...dense, inputs: 7, outputs: 1 } }] },
      /^Expected rows of 7 numbers for input in layers\[0\] \('a'\) but received rows of shape \[18\]$/,
    ],
    [
      { reader, net: '8', layers: [dense] },
      /^Expected one of them for net and layers in 'config.json' but received 'both'$/,
    ],
  ];
  for (const [config, message] of cases) {
    await write(folder, 'config.json', typeof config === 'string' ? config : JSON.stringify(config));
    const { code, errors } = await blasnet(folder, [
      'train',
      'houses.csv',
      '--config',
      'config.json',
      '--no-charts',
      '-q',
    ]);
    t.is(code, 1);
    t.regex(errors.replace(/^blasnet: /, '').trimEnd(), message);
  }
});
