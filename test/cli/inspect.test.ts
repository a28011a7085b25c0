import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet, Tensor } from 'blasnet';
import { blasnet, cellsOf, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { inspect } from './inspect-runs.js';

test('inspect › a model of ours, and export to ONNX, back, and to npz', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'iris.csv', await irises());
  await blasnet(folder, [
    'train',
    'iris.csv',
    '-l',
    'species',
    '-e',
    '3',
    '--net',
    '8',
    '--no-charts',
    '--checkpoint',
    'run',
  ]);
  const model = join(folder, 'model.safetensors');
  const { json } = await inspect(model, '--json');
  t.like(json, { file: model, metadata: {} });
  t.like(json.net, { name: 'model', type: 'multipleClassifier', parameters: 67 });
  t.deepEqual(json.net.layers[0], {
    name: 'hidden1',
    config: { type: 'FullyConnectedLayer', inputs: 4, outputs: 8 },
    parameters: { W: [4, 8], B: [1, 8] },
  });
  t.deepEqual(json.net.preparation.classes, ['setosa', 'versicolor', 'virginica']);
  t.like(json.net.hyperParameters, { maxEpoch: 3, optimizer: 'adam' });
  t.deepEqual(
    json.tensors.find(({ name }: { name: string }) => name === 'output.W'),
    {
      name: 'output.W',
      dtype: 'F32',
      shape: [8, 3],
    },
  );
  const { output } = await inspect(model);
  for (const line of [
    'type: multipleClassifier',
    '  column petal_width: number',
    '  classes: setosa, versicolor, virginica',
    '  maxEpoch: 3',
  ]) {
    t.true(output.split('\n').includes(line), line);
  }
  t.is((await inspect(join(folder, 'run'), '--json')).json.net.training.stopReason, 'maxEpoch');

  const steps = [
    ['model.safetensors', 'to/iris.onnx'],
    ['to/iris.onnx', 'back.safetensors'],
    ['back.safetensors', 'weights', '--npz'],
  ];
  for (const args of steps) {
    t.deepEqual(await blasnet(folder, ['export', ...args]), {
      code: 0,
      signal: null,
      output: `${args[1]}\n`,
      errors: '',
    });
  }
  const [net, back] = await Promise.all([model, join(folder, 'back.safetensors')].map((file) => NeuralNet.load(file)));
  const rows = cellsOf(await irises());
  const [expected, found] = [await net!.predict(rows), await back!.predict(rows)];
  t.deepEqual(found.classes, expected.classes);
  t.true(found.outputs.data.every((value, i) => Math.abs(value - expected.outputs.data[i]!) < 1e-6));
  back!.layers[0]!.setWeights({ W: Tensor.zeros([4, 8]) });
  await back!.loadWeights(join(folder, 'weights'));
  t.deepEqual(back!.layers[0]!.weights.W!.toArray(), net!.layers[0]!.weights.W!.toArray());
});

test('inspect › what is no model', async (t) => {
  const folder = await temporaryFolder(t);
  await cp('README.md', join(folder, 'a.safetensors'));
  await cp('README.md', join(folder, 'a.onnx'));
  for (const name of ['a.safetensors', 'a.onnx']) {
    const { code, output, errors } = await inspect(join(folder, name));
    t.deepEqual([code, output], [1, '']);
    t.regex(errors, /^blasnet: Expected .*\n$/);
  }
});
