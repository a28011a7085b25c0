// Models that have the rows in another dimension than the first, and inputs of truth values.
import test from 'ava';
import { NeuralNet, Tensor } from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { elementTypes } from '#blasnet/onnx/messages';
import { badArgument, badFile } from '../support/errors.js';
import { differences, randomTensor } from '../support/numerics.js';
import { random } from './importable.js';
import { type ModelSpec, modelOf, tensor, whole, writeModel } from './models.js';

/** Steps first, then rows: the mean of all steps is taken from each, and goes through a matrix. */
const stepsFirst: ModelSpec = {
  inputShape: [5, 'batch', 3],
  tensors: [random('w', 3, 2)],
  nodes: [
    ['ReduceMean', ['x'], 'm', { attributes: { axes: [0], keepdims: 1 } }],
    ['Sub', ['x', 'm'], 'c'],
    ['MatMul', ['c', 'w'], 'y'],
  ],
};

/** [rows, steps, …] as [steps, rows, …] and back. */
function turned({ shape, data }: Tensor): Tensor {
  const [a, b, ...rest] = shape as [number, number, ...number[]];
  const size = rest.reduce((product, length) => product * length, 1);
  const result = Tensor.zeros([b, a, ...rest], 'float32');
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++)
      result.data.set(data.subarray((i * b + j) * size, (i * b + j + 1) * size), (j * a + i) * size);
  }
  return result;
}

async function expectedOf(file: string, x: Tensor) {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const { data, shape } = turned(x);
  const results = await session.run({ x: new OnnxTensor('float32', data as Float32Array, shape) });
  const y = results[session.outputNames[0]!]!;
  return turned(Tensor.from(y.data as Float32Array, y.dims as number[]));
}

test('the only dimension that a model leaves open counts the rows', async (t) => {
  const file = await writeModel(t, stepsFirst);
  const net = await NeuralNet.fromOnnx(file);
  t.deepEqual(net.inputs[0]!.rowShape, [5, 3]);
  for (const rows of [1, 4]) {
    const x = randomTensor([rows, 5, 3], 3).clone('float32');
    const y = net.inference(x);
    t.deepEqual(y.shape, [rows, 5, 2]);
    t.deepEqual(differences(y.data, (await expectedOf(file, x)).data, { rtol: 1e-5, atol: 1e-6 }), []);
  }
});

test('inputShape tells where the rows are', async (t) => {
  const file = await writeModel(t, { ...stepsFirst, inputShape: ['steps', 'batch', 3] });
  const net = await NeuralNet.fromOnnx(file, { inputShape: [4, 'rows', 3] });
  const x = randomTensor([3, 4, 3], 5).clone('float32');
  t.deepEqual(differences(net.inference(x).data, (await expectedOf(file, x)).data, { rtol: 1e-5, atol: 1e-6 }), []);
  const named = await NeuralNet.fromOnnx(file, { inputShape: { x: [4, 'rows', 3] } });
  t.deepEqual(named.inference(x).data, net.inference(x).data);
  // In front they are what they are without it.
  const front = await writeModel(t, {
    ...stepsFirst,
    nodes: [['MatMul', ['x', 'w'], 'y']],
    inputShape: ['n', 'steps', 3],
  });
  const one = await NeuralNet.fromOnnx(front, { inputShape: ['rows', 4, 3] });
  t.deepEqual(one.inputs[0]!.rowShape, [4, 3]);
});

test('a shape with the rows that does not fit the model is refused', async (t) => {
  const file = await writeModel(t, { ...stepsFirst, inputShape: ['steps', 'batch', 3] });
  const fromOnnx = (inputShape: readonly (number | 'rows')[], more = {}) =>
    NeuralNet.fromOnnx(file, { inputShape, ...more });
  await t.throwsAsync(
    fromOnnx([4, 'rows', 2]),
    badArgument(/^Expected the shape \[any, 3\] of input 'x' .* received '\[4, 2\]'$/),
  );
  await t.throwsAsync(fromOnnx([4, 'rows', 'rows']), badArgument(/^Expected the shape of one row for inputShape/));
  await t.throwsAsync(fromOnnx([4, 'rows', 3], { batched: false }), badArgument(/^Expected the shape of one row/));
  await t.throwsAsync(
    fromOnnx([4, 3]),
    badFile(/^Expected a dimension that does not count the rows in node 1 \(ReduceMean\) .* received axis 0$/),
  );
});

test('a dimension that is open behind a single row is none of rows', async (t) => {
  const file = await writeModel(t, { ...stepsFirst, inputShape: [1, 'steps', 3] });
  await t.throwsAsync(
    NeuralNet.fromOnnx(file),
    badFile(/^Expected a shape of rows for input 'x', or the option inputShape/),
  );
});

test('truth values are an int32 input', async (t) => {
  const spec: ModelSpec = {
    inputShape: ['n', 3],
    tensors: [tensor('low', [], [-1e9])],
    nodes: [
      ['Where', ['mask', 'low', 'x'], 'm'],
      ['Softmax', ['m'], 's', { attributes: { axis: 1 } }],
      ['Mul', ['s', 'x'], 'y'],
    ],
  };
  const dim = [{ dimParam: 'n' }, { dimValue: 3 }];
  const mask = { name: 'mask', type: { tensorType: { elemType: elementTypes.bool, shape: { dim } } } };
  const net = await NeuralNet.fromOnnx(await writeModel(t, modelOf(spec), [mask]));
  const y = net.inference<Tensor>({
    x: Tensor.from([1, 2, 3, 1, 1, 5], [2, 3], 'float32'),
    mask: Tensor.from([0, 0, 1, 0, 0, 1], [2, 3], 'int32'),
  });
  const share = 1 / (1 + Math.E);
  t.deepEqual(differences(y.data, [share, 2 * (1 - share), 0, 0.5, 0.5, 0], { rtol: 1e-5, atol: 1e-6 }), []);
});

test('whole numbers of an input tell which of them are padding', async (t) => {
  const spec: ModelSpec = {
    tensors: [random('words', 5, 1), whole('pad', [0], []), whole('last', [-1])],
    nodes: [
      ['Gather', ['words', 'ids'], 'e'],
      ['Equal', ['ids', 'pad'], 'p'],
      ['Not', ['p'], 'counts'],
      ['Cast', ['counts'], 'c', { attributes: { to: elementTypes.float32 } }],
      ['Unsqueeze', ['c', 'last'], 'u'],
      ['Mul', ['e', 'u'], 'y'],
    ],
  };
  const model = modelOf(spec);
  const dim = [{ dimParam: 'n' }, { dimValue: 4 }];
  const ids = { name: 'ids', type: { tensorType: { elemType: elementTypes.int64, shape: { dim } } } };
  const graph = { ...model.graph!, input: [ids] };
  const net = await NeuralNet.fromOnnx(await writeModel(t, { ...model, graph }));
  const y = net.inference(Tensor.from([1, 0, 4, 0], [1, 4], 'int32'));
  const words = random('words', 5, 1).floatData!;
  t.deepEqual(differences(y.data, [words[1]!, 0, words[4]!, 0], { rtol: 1e-6, atol: 0 }), []);
});

test('whole numbers that a model only casts to floats are an input of floats', async (t) => {
  // As BERT has its mask: 0 for each token that counts, a large negative number for others.
  const spec: ModelSpec = {
    inputShape: ['n', 2, 3],
    tensors: [whole('behind', [1]), tensor('one', [], [1]), tensor('low', [], [-1e4])],
    nodes: [
      ['Unsqueeze', ['mask', 'behind'], 'u'],
      ['Cast', ['u'], 'c', { attributes: { to: elementTypes.float32 } }],
      ['Sub', ['one', 'c'], 's'],
      ['Mul', ['s', 'low'], 'm'],
      ['Add', ['x', 'm'], 'a'],
      ['Softmax', ['a'], 'y', { attributes: { axis: -1 } }],
    ],
  };
  const dim = [{ dimParam: 'n' }, { dimValue: 3 }];
  const mask = { name: 'mask', type: { tensorType: { elemType: elementTypes.int64, shape: { dim } } } };
  const file = await writeModel(t, modelOf(spec), [mask]);
  const net = await NeuralNet.fromOnnx(file, { params: { netType: 'multipleClassifier' } });
  t.deepEqual(
    net.inputs.map(({ dtype }) => dtype),
    ['float32', 'float32'],
  );
  const x = randomTensor([2, 2, 3], 4).clone('float32');
  const numbers = [1, 1, 0, 1, 1, 1];
  const y = net.inference<Tensor>({ x, mask: Tensor.from(numbers, [2, 3], 'float32') });
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const results = await session.run({
    x: new OnnxTensor('float32', x.data as Float32Array, x.shape),
    mask: new OnnxTensor('int64', BigInt64Array.from(numbers.map(BigInt)), [2, 3]),
  });
  t.deepEqual(
    differences(y.data, results[session.outputNames[0]!]!.data as Float32Array, { rtol: 1e-5, atol: 1e-6 }),
    [],
  );
});

test('a mask with infinite numbers is made of finite parameters', async (t) => {
  const spec: ModelSpec = {
    inputShape: ['n', 2, 2],
    tensors: [tensor('mask', [2, 2], [0, Number.NEGATIVE_INFINITY, 0, 0])],
    nodes: [
      ['Add', ['x', 'mask'], 'm'],
      ['Softmax', ['m'], 's', { attributes: { axis: 2 } }],
      ['Mul', ['s', 'x'], 'y'],
    ],
  };
  const net = await NeuralNet.fromOnnx(await writeModel(t, spec));
  for (const { parameters } of net.layers) {
    for (const { value } of parameters) t.true(value.data.every(Number.isFinite));
  }
  const y = net.inference(Tensor.from([3, 5, 2, 2], [1, 2, 2], 'float32'));
  t.deepEqual(differences(y.data, [3, 0, 1, 1], { rtol: 1e-6, atol: 1e-6 }), []);
});
