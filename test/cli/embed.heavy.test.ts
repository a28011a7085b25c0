import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { write } from '../support/files.js';
import { folderOf } from './embed-runs.js';

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
