import test from 'ava';
import { blasnet, houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

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
