import test from 'ava';
import { LstmLayer, NeuralNet } from 'blasnet';
import { badArgument, badFile } from '../support/errors.js';
import { differences, randomTensor } from '../support/numerics.js';
import { random } from './importable.js';
import { type BranchSpec, type ModelSpec, type NodeSpec, tensor, whole, writeModel } from './models.js';
import { runtimeOf } from './runtime.js';

const branches = (then: BranchSpec, otherwise: BranchSpec): NodeSpec => ({
  name: 'it',
  attributes: { then_branch: { branch: then }, else_branch: { branch: otherwise } },
});
const dense: BranchSpec = {
  nodes: [['Gemm', ['r', 'w'], 'g']],
  tensors: [random('w', 3, 2)],
  outputs: ['g'],
};
const doubled: BranchSpec = { nodes: [['Add', ['r', 'r'], 'd']], outputs: ['d'] };

/** The length of rows decides. */
const byLength = (length: number, then = dense, otherwise = doubled): ModelSpec => ({
  tensors: [whole('place', [1], []), whole('length', [length], [])],
  nodes: [
    ['Relu', ['x'], 'r'],
    ['Shape', ['r'], 'dims'],
    ['Gather', ['dims', 'place'], 'columns'],
    ['Equal', ['columns', 'length'], 'c'],
    ['If', ['c'], 'y', branches(then, otherwise)],
  ],
});

const within: ModelSpec = byLength(3, {
  nodes: [
    ['Not', ['c'], 'n'],
    ['If', ['n'], 'i', branches(doubled, dense)],
    ['Tanh', ['i'], 't'],
  ],
  outputs: ['t'],
});

/** An LSTM in a branch, of which the model reads the last h. */
const recurrent: ModelSpec = {
  ...byLength(4, {
    nodes: [
      ['Transpose', ['r'], 't', { attributes: { perm: [1, 0, 2] } }],
      ['LSTM', ['t', 'w', 'u'], ['', 'h'], { attributes: { hidden_size: 2 } }],
      ['Squeeze', ['h', 'first'], 'l'],
    ],
    tensors: [random('w', 1, 8, 3), random('u', 1, 8, 2), whole('first', [0])],
    outputs: ['l'],
  }),
  inputShape: ['n', 4, 3],
};

for (const [name, spec] of Object.entries({
  'the condition holds': byLength(3),
  'it does not': byLength(4),
  'one within another': within,
  'a recurrent layer in a branch': recurrent,
})) {
  test(`a branch that the shape of the rows decides computes what onnxruntime does: ${name}`, async (t) => {
    const file = await writeModel(t, spec);
    const net = await NeuralNet.fromOnnx(file);
    const run = await runtimeOf(file, { input: 'x', output: 'y' });
    const x = randomTensor([3, ...(spec.inputShape ?? ['n', 3]).slice(1)] as number[], 2).clone('float32');
    t.deepEqual(differences(net.inference(x).data, await run(x), { rtol: 1e-6, atol: 1e-6 }), []);
  });
}

test('a recurrent layer in a branch is a layer of the net', async (t) => {
  const net = await NeuralNet.fromOnnx(await writeModel(t, recurrent));
  t.true(net.layers.some((layer) => layer instanceof LstmLayer));
});

const byInput: ModelSpec = {
  ...byLength(3),
  nodes: [
    ['Relu', ['x'], 'r'],
    ['Equal', ['rate', 'length'], 'c'],
    ['If', ['c'], 'y', branches(dense, doubled)],
  ],
};

test('an input that decides is given as a constant', async (t) => {
  const file = await writeModel(t, byInput, [
    { name: 'rate', type: { tensorType: { elemType: 7, shape: { dim: [] } } } },
  ]);
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/^Expected a shape of rows for input 'rate'/));
  for (const [rate, columns] of [
    [3, 2],
    [8, 3],
  ] as const) {
    const net = await NeuralNet.fromOnnx(file, { constants: { rate } });
    t.deepEqual(
      net.inputs.map(({ rowShape }) => rowShape),
      [[3]],
    );
    t.deepEqual(net.inference(randomTensor([4, 3], 1).clone('float32')).shape, [4, columns]);
  }
  for (const [constants, message] of [
    [{ other: 3 }, /^Expected names of inputs of '.*' for constants but received 'other'$/],
    [{ rate: [1, 2] }, /^Expected numbers of shape \[\] for constants.rate/],
    [{ rate: 0.5 }, /^Expected whole numbers for constants.rate/],
    [{ rate: Number.NaN }, /^Expected a number or a list of numbers for constants.rate/],
    [3, /^Expected numbers by the names of inputs for constants/],
  ] as const) {
    await t.throwsAsync(NeuralNet.fromOnnx(file, { constants: constants as never }), badArgument(message));
  }
});

const refused: Readonly<Record<string, readonly [ModelSpec, RegExp]>> = {
  'a condition that rows give': [
    {
      tensors: [tensor('zero', [], [0])],
      nodes: [
        ['ReduceSum', ['x'], 's', { attributes: { keepdims: 0 } }],
        ['Greater', ['x', 'zero'], 'c'],
        ['If', ['c'], 'y', branches({ nodes: [], outputs: ['x'] }, { nodes: [], outputs: ['x'] })],
      ],
    },
    /^Expected a condition that is known when the model is read in node 'it' \(If\)/,
  ],
  'an operator that blasnet does not have, in the branch': [
    byLength(3, { nodes: [['GridSample', ['r'], 'g']], outputs: ['g'] }),
    /^Expected operators that blasnet can import .* received GridSample \(node 1\)$/,
  ],
  'a name that is taken': [
    byLength(3, { nodes: [['Tanh', ['r'], 'dims']], outputs: ['dims'] }),
    /^Expected a unique name for each value in node 'it' \(If\)/,
  ],
  'an output that the branch does not have': [
    byLength(3, { nodes: [], outputs: ['nothing'] }),
    /^Expected outputs that the branch gives in node 'it' \(If\)/,
  ],
};

for (const [name, [spec, message]] of Object.entries(refused)) {
  test(`refused: ${name}`, async (t) => {
    await t.throwsAsync(NeuralNet.fromOnnx(await writeModel(t, spec)), badFile(message));
  });
}
