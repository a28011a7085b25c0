import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { DataReader, type FloatArray, LstmLayer, NeuralNet, Tensor, type TensorType } from 'blasnet';
import { badFile } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor } from '../support/numerics.js';
import { random } from './importable.js';
import { type ModelSpec, type NodeSpec, tensor, whole, writeModel } from './models.js';
import { runtimeResults, sequenceCases, sequenceNet } from './recurrent-nets.js';
import { runtimeOf } from './runtime.js';

const folder = 'test/fixtures/onnx';

interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}

type Expected = Readonly<Record<string, Readonly<Record<'x' | 'y', Numbers> & { readonly lengths?: Numbers }>>>;
const expected = JSON.parse(readFileSync(`${folder}/recurrent.json`, 'utf8')) as Expected;

/** The layers that hold the weights. */
const layersOf = (net: NeuralNet) =>
  net.layers.filter((layer) => layer.parameters.length > 0).map(({ config }) => config?.type);

/** The weights of all layers, but for those of steps before: of one step there are none. */
const inputWeights = (net: NeuralNet) =>
  net.layers.flatMap(({ parameters }) =>
    parameters.flatMap(({ name, value }) => (/^(.*\.)?W$/.test(name) ? [value] : [])),
  );

/** The parts of the models. */
const layers: Readonly<Record<string, readonly string[]>> = {
  lstm: ['LstmLayer'],
  gru: ['GruLayer'],
  rnn: ['SimpleRnnLayer'],
  'rnn-relu': ['SimpleRnnLayer'],
  'lstm-stacked': ['LstmLayer', 'LstmLayer', 'FullyConnectedLayer'],
  'gru-stacked': ['GruLayer', 'GruLayer', 'GruLayer', 'FullyConnectedLayer'],
  'lstm-bidirectional': ['BidirectionalLayer'],
  'lstm-stacked-bidirectional': ['BidirectionalLayer', 'BidirectionalLayer', 'FullyConnectedLayer'],
  'gru-last-h-both': ['BidirectionalLayer', 'FullyConnectedLayer'],
  embedded: ['EmbeddingLayer', 'BidirectionalLayer', 'BidirectionalLayer', 'FullyConnectedLayer'],
  'lengths-stacked-bidirectional': ['BidirectionalLayer', 'BidirectionalLayer'],
};

function rowsOf({ x, lengths }: Expected[string], name: string): Record<string, Tensor<TensorType>> {
  const rows = Tensor.from(x.data, x.shape, name === 'embedded' ? 'int32' : 'float32');
  return { x: rows, ...(lengths && { lengths: Tensor.from(lengths.data, lengths.shape, 'int32') }) };
}

for (const [name, given] of Object.entries(expected)) {
  const file = `${folder}/recurrent/${name}.onnx`;

  test(`a recurrent net of PyTorch predicts the same here: ${name}`, async (t) => {
    const net = await NeuralNet.fromOnnx(file);
    const rows = rowsOf(given, name);
    const y = net.inference<Tensor>(given.lengths ? rows : rows.x!);
    t.deepEqual(y.shape, given.y.shape);
    t.deepEqual(differences(y.data as FloatArray, given.y.data as never, { rtol: 1e-5, atol: 1e-5 }), []);
    if (layers[name]) t.deepEqual(layersOf(net), layers[name]);
  });

  test(`a recurrent net of PyTorch can be trained further: ${name}`, async (t) => {
    const params = { learningRate: 0.02, batchSize: 3, maxEpoch: 20 };
    const net = await NeuralNet.fromOnnx(file, { params });
    const rows = rowsOf(given, name);
    const yTrain = randomTensor(given.y.shape, 5).clone('float32');
    const xTrain = given.lengths ? rows : rows.x!;
    const before = net.test(xTrain as never, yTrain).loss;
    const weights = inputWeights(net).map((value) => value.clone());
    await net.train(DataReader.fromTensors({ xTrain, yTrain } as never));
    t.true(net.test(xTrain as never, yTrain).loss < before);
    t.true(inputWeights(net).every((value, i) => value.data.some((number, k) => number !== weights[i]!.data[k])));
  });
}

for (const [name, make] of Object.entries(sequenceCases)) {
  test(`a net of sequences comes back from ONNX: ${name}`, async (t) => {
    const made = make();
    const net = sequenceNet(made);
    const file = join(await temporaryFolder(t), 'net.onnx');
    await net.exportOnnx(file);
    const back = await NeuralNet.fromOnnx(file);
    const x = Object.keys(made.rows).length === 1 ? made.rows.x! : made.rows;
    const [before, after] = [net, back].map((one) => {
      const result = one.inference<Tensor | Record<string, Tensor>>(x as never);
      return result instanceof Tensor ? { output: result } : result;
    }) as [Record<string, Tensor>, Record<string, Tensor>];
    t.deepEqual(Object.keys(after).sort(), Object.keys(before).sort());
    for (const [key, { data, shape }] of Object.entries(before)) {
      t.deepEqual(after[key]!.shape, shape);
      t.deepEqual(differences(after[key]!.data, data, { rtol: 1e-6, atol: 1e-6 }), []);
    }
  });
}

const weights = [random('w', 1, 8, 3), random('r', 1, 8, 2), random('b', 1, 16)];
const zeros = tensor('h', [1, 1, 2], [0, 0]);

/** One LSTM of two units on sequences that come time first. */
const lstm = (
  attributes: NodeSpec['attributes'] = {},
  inputs: readonly string[] = [],
  operator = 'LSTM',
): ModelSpec => ({
  inputShape: ['n', 4, 3],
  tensors: [
    ...(operator === 'LSTM' ? weights : [random('w', 1, 6, 3), random('r', 1, 6, 2), random('b', 1, 12)]),
    ...[zeros, tensor('p', [1, 6], [1, 2, 3, 4, 5, 6]), whole('short', [1, 4])],
  ],
  nodes: [
    ['Transpose', ['x'], 't', { attributes: { perm: [1, 0, 2] } }],
    [operator, ['t', 'w', 'r', 'b', ...inputs], ['', 'y'], { name: 'it', attributes: { ...attributes } }],
    ['Squeeze', ['y', 'zero'], 'last'],
  ],
});

const refused: Readonly<Record<string, readonly [ModelSpec, RegExp]>> = {
  'a clip': [lstm({ clip: { float: 2 } }), /^Expected no clip in node 'it' \(LSTM\)/],
  peepholes: [lstm({}, ['', '', '', 'p']), /^Expected no peepholes in node 'it' \(LSTM\)/],
  'coupled gates': [lstm({ input_forget: 1 }), /^Expected input_forget = 0 in node 'it' \(LSTM\)/],
  'other activations': [
    lstm({ activations: ['HardSigmoid', 'Tanh', 'Tanh'] }),
    /^Expected activations Sigmoid, Tanh, Tanh for each direction in node 'it' .* received HardSigmoid, Tanh, Tanh$/,
  ],
  'numbers of activations': [
    lstm({ activation_alpha: { floats: [1, 1, 1] } }),
    /^Expected no activation_alpha in node 'it' \(LSTM\)/,
  ],
  'another direction': [lstm({ direction: 'sideways' }), /^Expected direction 'forward', .* received sideways$/],
  'another hidden_size': [lstm({ hidden_size: 3 }), /^Expected hidden_size = 2 in node 'it'/],
  'lengths that are constants': [
    lstm({}, ['short']),
    /^Expected lengths of sequences that an input of the model gives, or all steps in node 'it'/,
  ],
  'another layout': [lstm({ layout: 2 }), /^Expected layout = 0 or 1 in node 'it'/],
  'sequences whose rows come first, where steps should': [
    {
      ...lstm(),
      nodes: [
        ['LSTM', ['x', 'w', 'r'], ['', 'y'], { name: 'it' }],
        ['Squeeze', ['y', 'zero'], 'last'],
      ],
    },
    /^Expected sequences of \[steps, rows, 3\] in node 'it' \(LSTM\) .* received \[rows, 4, 3\]$/,
  ],
};

for (const [name, [spec, message]] of Object.entries(refused)) {
  test(`refused in a recurrent node: ${name}`, async (t) => {
    const file = await writeModel(t, { ...spec, tensors: [...spec.tensors!, whole('zero', [0])] });
    await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(message));
  });
}

const both = [
  random('w', 2, 8, 3),
  random('r', 2, 8, 2),
  random('b', 2, 16),
  random('h', 2, 2, 2),
  random('c', 2, 2, 2),
];
/** Steps of two sequences, both directions, states before the first step, all outputs in one. */
const timeFirst: ModelSpec = {
  inputShape: [4, 2, 3],
  tensors: [...both, whole('flat', [-1])],
  nodes: [
    [
      'LSTM',
      ['x', 'w', 'r', 'b', '', 'h', 'c'],
      ['s', 'l', 'm'],
      { attributes: { hidden_size: 2, direction: 'bidirectional' } },
    ],
    ...['s', 'l', 'm'].map((name) => ['Reshape', [name, 'flat'], `${name}1`] as const),
    ['Concat', ['s1', 'l1', 'm1'], 'y', { attributes: { axis: 0 } }],
  ],
};

for (const direction of ['forward', 'reverse', 'bidirectional'] as const) {
  test(`a GRU that resets before the product computes what onnxruntime does, and trains: ${direction}`, async (t) => {
    const count = direction === 'bidirectional' ? 2 : 1;
    const file = await writeModel(t, {
      inputShape: ['n', 4, 3],
      tensors: [random('w', count, 6, 3), random('r', count, 6, 2), random('b', count, 12), whole('flat', [0, -1])],
      nodes: [
        ['Transpose', ['x'], 't', { attributes: { perm: [1, 0, 2] } }],
        ['GRU', ['t', 'w', 'r', 'b'], ['s', 'l'], { attributes: { hidden_size: 2, direction } }],
        ['Transpose', ['s'], 's1', { attributes: { perm: [2, 0, 1, 3] } }],
        ['Transpose', ['l'], 'l1', { attributes: { perm: [1, 0, 2] } }],
        ['Reshape', ['s1', 'flat'], 's2'],
        ['Reshape', ['l1', 'flat'], 'l2'],
        ['Concat', ['s2', 'l2'], 'y', { attributes: { axis: 1 } }],
      ],
    });
    const net = await NeuralNet.fromOnnx(file, { params: { learningRate: 0.05, batchSize: 3, maxEpoch: 10 } });
    const x = randomTensor([3, 4, 3], 3).clone('float32');
    const expected = await (await runtimeOf(file, { input: 'x', output: 'y' }))(x);
    t.deepEqual(differences(net.inference(x).data, expected, { rtol: 1e-5, atol: 1e-6 }), []);
    const yTrain = randomTensor([3, 10 * count], 5).clone('float32');
    const before = net.test(x, yTrain).loss;
    await net.train(DataReader.fromTensors({ xTrain: x, yTrain }));
    t.true(net.test(x, yTrain).loss < before);
  });
}

test('without rows, each sequence of a model goes through the same layers', async (t) => {
  const file = await writeModel(t, timeFirst);
  const net = await NeuralNet.fromOnnx(file, { batched: false });
  const run = await runtimeOf(file, { input: 'x', output: 'y' });
  const x = randomTensor([1, 4, 2, 3], 3).clone('float32');
  const expected = await run(Tensor.from(x.data as Float32Array, [4, 2, 3]));
  t.deepEqual(differences(net.inference(x).data, expected, { rtol: 1e-5, atol: 1e-6 }), []);
  t.is(net.layers.filter((layer) => layer instanceof LstmLayer).length, 2);
});

test('sequences and states whose rows come first, by layout', async (t) => {
  const nodes = (layout: number, x: string): ModelSpec['nodes'] => [
    ['GRU', [x, 'w', 'r', 'b'], ['', 'l'], { attributes: { hidden_size: 2, layout, linear_before_reset: 1 } }],
    ['GRU', [x, 'w', 'r', 'b', '', 'l'], ['s', ''], { attributes: { hidden_size: 2, layout, linear_before_reset: 1 } }],
  ];
  const shared = {
    inputShape: ['n', 4, 3],
    tensors: [random('w', 1, 6, 3), random('r', 1, 6, 2), random('b', 1, 12), whole('one', [1]), whole('two', [2])],
  };
  const [plain, rowsFirst] = await Promise.all([
    writeModel(t, {
      ...shared,
      nodes: [
        ['Transpose', ['x'], 't', { attributes: { perm: [1, 0, 2] } }],
        ...nodes(0, 't'),
        ['Squeeze', ['s', 'one'], 'z'],
        ['Transpose', ['z'], 'y', { attributes: { perm: [1, 0, 2] } }],
      ],
    }),
    // onnxruntime has no layout 1.
    writeModel(t, { ...shared, nodes: [...nodes(1, 'x'), ['Squeeze', ['s', 'two'], 'y']] }),
  ]);
  const x = randomTensor([3, 4, 3], 3).clone('float32');
  const expected = await (await runtimeOf(plain, { input: 'x', output: 'y' }))(x);
  for (const file of [plain, rowsFirst]) {
    const y = (await NeuralNet.fromOnnx(file)).inference(x);
    t.deepEqual(y.shape, [3, 4, 2]);
    t.deepEqual(differences(y.data, expected, { rtol: 1e-5, atol: 1e-6 }), []);
  }
});

test('a layer without lengths behind one with lengths takes all steps', async (t) => {
  const lengths = { name: 'lengths', type: { tensorType: { elemType: 6, shape: { dim: [{ dimParam: 'n' }] } } } };
  const file = await writeModel(
    t,
    {
      inputShape: ['n', 4, 3],
      tensors: [...weights, random('v', 1, 8, 2), random('u', 1, 8, 2), whole('zero', [0]), whole('one', [1])],
      nodes: [
        ['Transpose', ['x'], 't', { attributes: { perm: [1, 0, 2] } }],
        ['LSTM', ['t', 'w', 'r', 'b', 'lengths'], ['s', ''], { attributes: { hidden_size: 2 } }],
        ['Squeeze', ['s', 'one'], 'z'],
        ['LSTM', ['z', 'v', 'u', 'b'], ['', 'l'], { attributes: { hidden_size: 2 } }],
        ['Squeeze', ['l', 'zero'], 'y'],
      ],
    },
    [lengths],
  );
  const rows = { x: randomTensor([3, 4, 3], 3).clone('float32'), lengths: Tensor.from([4, 1, 2], [3], 'int32') };
  const net = await NeuralNet.fromOnnx(file);
  const { y } = await runtimeResults(file, rows);
  t.deepEqual(differences(net.inference<Tensor>(rows).data, y!.data as FloatArray, { rtol: 1e-5, atol: 1e-6 }), []);
});
