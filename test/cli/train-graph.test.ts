import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { write } from '../support/files.js';
import { args, connectionsOf, folderOf, reader, skipping } from './graph-runs.js';

test('train --config › layers with inputs are a graph', async (t) => {
  const folder = await folderOf(t);
  await write(folder, 'config.json', JSON.stringify({ reader, layers: skipping }));
  const { code, errors } = await blasnet(folder, args);
  t.deepEqual([code, errors], [0, '']);
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(connectionsOf(net), [
    ['input'],
    ['hidden', 'input'],
    ['inner', 'hidden'],
    ['sum', 'inner', 'hidden'],
    ['relu-4', 'sum'],
    ['wide', 'relu-4', 'input'],
    ['price', 'wide'],
  ]);
  t.deepEqual(net.outputs, [{ name: 'price' }]);
  t.is((await blasnet(folder, ['predict', 'model.safetensors', 'houses.csv'])).code, 0);
});
