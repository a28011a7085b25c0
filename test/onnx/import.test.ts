import { readFile } from 'node:fs/promises';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { graphOperatorNames } from '#blasnet/onnx/import/node-table';
import { operatorNames } from '#blasnet/onnx/import/operators/index';
import { differences, randomTensor } from '../support/numerics.js';
import { activation, dense, importable } from './importable.js';
import { writeModel } from './models.js';
import { runtimeOf } from './runtime.js';

for (const [name, spec] of Object.entries(importable)) {
  test(`what onnxruntime runs predicts the same here: ${name}`, async (t) => {
    const file = await writeModel(t, spec);
    const net = await NeuralNet.fromOnnx(file);
    const rowShape = (spec.inputShape ?? ['n', 3]).slice(1) as number[];
    const run = await runtimeOf(file, { input: 'x', output: String(spec.nodes.at(-1)![2]) });
    for (const rows of [1, 4]) {
      const x = randomTensor([rows, ...rowShape], rows, -2, 2).clone('float32');
      const { outputs } = await net.predict(x);
      t.deepEqual(differences(outputs.data, await run(x), { rtol: 0, atol: 1e-5 }), []);
    }
  });
}

test('arithmetic with constants becomes the preparation of the net', async (t) => {
  const net = await NeuralNet.fromOnnx(await writeModel(t, importable['arithmetic in front and behind']!));
  const { x, y, inputShape } = net.preparation!;
  t.deepEqual(inputShape, [3]);
  t.deepEqual(x, { per: 'column', divisor: 10, offset: [1, 2, 3], scale: [-1 / 2, -1 / 4, -1 / 8] });
  t.deepEqual(y?.scale, [10, 10]);
});

test('Swish is silu', async (t) => {
  const net = await NeuralNet.fromOnnx(await writeModel(t, activation('Swish', { alpha: { float: 1 } }, 24)));
  t.is(net.layers[0]!.kind, 'silu');
});

test('layers have the names and attributes of their nodes', async (t) => {
  const net = await NeuralNet.fromOnnx(
    await writeModel(t, {
      tensors: dense,
      nodes: [
        ['Gemm', ['x', 'w', 'b'], 'g', { name: '/block/fc/Gemm' }],
        ['Relu', ['g'], 'r', { name: 'act' }],
        ['Dropout', ['r'], 'd', { name: 'act' }],
        ['Elu', ['d'], 'y', { attributes: { alpha: { float: Math.fround(0.3) } } }],
      ],
    }),
  );
  t.deepEqual(net.getLayer('block.fc').config, { type: 'FullyConnectedLayer', inputs: 3, outputs: 2 });
  t.is(net.getLayer('act'), net.layers[1]!);
  t.deepEqual(net.getLayer('dropout-3').config, { type: 'DropoutLayer', rate: 0.5 });
  t.deepEqual(net.getLayer('elu-4').config, { type: 'ActivationLayer', name: 'elu', alpha: 0.3 });
  t.is(net.name, 'made');
});

test('the page on ONNX lists the operators', async (t) => {
  const page = await readFile('docs/onnx.md', 'utf8');
  const [, table = ''] = page.split('\n## Operators\n');
  const listed = table.split('\n').flatMap((line) => /^\| ([A-Z][^|]*) \|/.exec(line)?.[1]?.split(', ') ?? []);
  const names = listed.map((name) => name.replace(/ \(`(ai\.onnx\.ml|com\.microsoft)`\)/, ''));
  t.deepEqual(names.toSorted(), [...new Set([...operatorNames, ...graphOperatorNames])].toSorted());
});
