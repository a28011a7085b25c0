import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet, Tensor } from 'blasnet';
import { writeModel } from '../onnx/models.js';
import { blasnet, cellsOf, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

const inspect = async (...args: string[]) => {
  const { code, output, errors } = await blasnet('.', ['inspect', ...args]);
  return { code, errors, output, json: args.includes('--json') && code === 0 ? JSON.parse(output) : undefined };
};

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

test('inspect › safetensors of others', async (t) => {
  const { json } = await inspect('test/fixtures/safetensors/others.safetensors', '--json');
  t.is(json.format, 'safetensors');
  t.false('net' in json);
  const { output } = await inspect('test/fixtures/safetensors/others.safetensors');
  for (const { name, dtype, shape } of json.tensors) {
    t.true(
      output
        .split('\n')
        .some((line) => line.startsWith(name) && line.endsWith(`${dtype.padEnd(4)}  [${shape.join(', ')}]`)),
    );
  }
  t.true(output.includes(`\n${json.tensors.length} tensors, `));
});

test('inspect › ONNX: a net, and a graph that is none of ours', async (t) => {
  const { json } = await inspect('test/fixtures/onnx/pytorch/lenet.onnx', '--json');
  t.regex(json.format, /^ONNX, operator set \d+, by pytorch/);
  t.is(json.net.layers.filter(({ config }: { config: { type: string } }) => config.type === 'ConvLayer').length, 2);
  t.is(json.operators.Conv, 2);
  const residual = await inspect('test/fixtures/onnx/graphs/residual.onnx', '--json');
  t.is(residual.json.operators.Add, 1);
  t.is(residual.json.net.layers.length, 4);
  const sine = await inspect(await writeModel(t, { nodes: [['Sin', ['x'], 'y']] }));
  t.is(sine.code, 0);
  t.regex(sine.output, /^operators: .*Sin/m);
  t.regex(sine.output, /^blasnet cannot load it: Expected /m);
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
