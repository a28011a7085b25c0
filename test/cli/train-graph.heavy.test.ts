import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { EmbeddingLayer, NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { args, connectionsOf, dense, folderOf, reader, relu, skipping } from './graph-runs.js';

test('train --config › a layer that is applied twice, and an output that is not the last layer', async (t) => {
  const folder = await folderOf(t);
  const inputs = { place: ['lat', 'long'], size: ['sqft_living', 'sqft_lot'] };
  const layers = [
    { name: 'look', config: dense(8), inputs: ['place'] },
    { name: 'look again', layer: 'look', inputs: ['size'] },
    { name: 'price', config: { type: 'FullyConnectedLayer' }, inputs: ['difference'] },
    { type: 'SubtractLayer', inputs: ['look', 'look again'] },
  ];
  const [look, again, price, difference] = layers;
  const ordered = [look, again, { name: 'difference', config: { type: 'SubtractLayer' }, inputs: difference!.inputs }];
  const config = { reader: { ...reader, inputs }, layers: [...ordered, price], outputs: ['price'] };
  await write(folder, 'config.json', JSON.stringify(config));
  const { code, errors } = await blasnet(folder, args);
  t.deepEqual([code, errors], [0, '']);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(net.layerNames, ['look', 'difference', 'price']);
  t.deepEqual(connectionsOf(net), [
    ['place'],
    ['size'],
    ['look', 'place'],
    ['look again', 'size'],
    ['difference', 'look', 'look again'],
    ['price', 'difference'],
  ]);
});

test('train --config › the example of the page: embedded columns are inputs by their names', async (t) => {
  const folder = await temporaryFolder(t);
  const rows = Array.from({ length: 60 }, (_, i) => `${['Berlin', 'Paris', 'Rome'][i % 3]},${i % 7},${i % 5}`);
  await write(folder, 'houses.csv', ['city,size,price', ...rows].join('\n'));
  const page = await readFile('docs/command-line.md', 'utf8');
  const [, example] = page.match(/^#### Graphs of layers$.*?^```json\n(.*?)^```$/ms)!;
  await write(folder, 'config.json', example!);
  const { code, errors } = await blasnet(folder, args);
  t.deepEqual([code, errors], [0, '']);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  const [embedding] = net.layers.filter((layer) => layer instanceof EmbeddingLayer);
  t.deepEqual([embedding?.count, embedding?.size], [4, 3]);
  t.deepEqual(net.outputs, [{ name: 'price' }]);
});

test('train --config › --resume refuses a graph with other connections', async (t) => {
  const folder = await folderOf(t);
  const run = [...args, '--checkpoint', 'run.safetensors'];
  await write(folder, 'config.json', JSON.stringify({ reader, layers: skipping }));
  t.is((await blasnet(folder, run)).code, 0);
  const other = skipping.map((layer) =>
    'name' in layer && layer.name === 'sum' ? { ...layer, inputs: ['hidden', 'inner'] } : layer,
  );
  await write(folder, 'config.json', JSON.stringify({ reader, layers: other }));
  const { code, errors } = await blasnet(folder, [...run, '--resume']);
  t.is(code, 1);
  t.regex(errors, /Expected \[2,1\], as in the checkpoint, for the layers' inputs \(3\) but received '\[1,2\]'/);
});

test('train --config › what is wrong with a graph is said with the name of the layer', async (t) => {
  const folder = await folderOf(t);
  const [hidden, inner, sum] = skipping;
  const end = { name: 'price', config: { type: 'FullyConnectedLayer' } };
  const cases: [object, RegExp][] = [
    [
      { layers: [hidden, { ...sum, inputs: ['hidden', 'iner'] }, end] },
      /^Expected one of input, hidden for inputs in layers\[1\] \('sum'\) but received 'iner'$/,
    ],
    [
      { layers: [hidden, { ...sum, inputs: ['hidden', 'input'] }, end] },
      /^Expected .* in layers\[1\] \('sum'\) but received .*\[18\].*$/,
    ],
    [
      { layers: [hidden, { ...sum, inputs: 'hidden' }, end] },
      /^Expected a list of names for layers\[1\].inputs in 'config.json' but received 'hidden'$/,
    ],
    [
      { layers: [hidden, { name: 'hidden', config: relu, inputs: ['hidden'] }, end] },
      /^Expected a name that is not taken for name in layers\[1\] \('hidden'\) but received 'hidden'$/,
    ],
    [
      { layers: [hidden, inner, { ...end, inputs: ['hidden'] }] },
      /^Expected a layer that the output depends on for layers\[1\] \('inner'\) but received 'another'$/,
    ],
    [
      { layers: [hidden, { name: 'again', layer: 'other' }, end] },
      /^Expected one of hidden for layer in layers\[1\] \('again'\) but received 'other'$/,
    ],
    [
      { layers: [hidden, end], outputs: ['prices'] },
      /^Expected one of hidden, price for outputs but received 'prices'/,
    ],
    [
      { layers: [hidden, end], outputs: ['hidden', 'price'] },
      /^Expected the name of one layer for outputs in 'config.json' but received '2 names'$/,
    ],
    [
      { outputs: ['price'] },
      /^Expected a list of layers, since there are outputs, for layers in 'config.json' but received undefined$/,
    ],
    [
      {
        reader: { ...reader, inputs: { place: ['lat'], size: ['sqft_lot'] } },
        layers: [{ ...end, inputs: ['place'] }],
      },
      /^Expected one that is 'size', an input of the data, for the layers' inputs but received 'none'$/,
    ],
    [
      { reader: { ...reader, inputs: { place: ['lat'], size: ['sqft_lot'] } }, layers: [end] },
      /^Expected names of inputs: place, size for inputs in layers\[0\] \('price'\) but received 'none'$/,
    ],
  ];
  for (const [config, message] of cases) {
    await write(folder, 'config.json', JSON.stringify({ reader, ...config }));
    const { code, errors } = await blasnet(folder, args);
    t.is(code, 1);
    t.regex(errors.replace(/^blasnet: /, '').trimEnd(), message);
  }
});
