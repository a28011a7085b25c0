// Layers of sequences in ONNX: onnxruntime computes what blasnet does, and what is exported comes back.
import { join } from 'node:path';
import test from 'ava';
import {
  AddLayer,
  type AnyTensor,
  AveragePool1dLayer,
  BatchNormLayer,
  ClassificationLayer,
  Conv1dLayer,
  EmbeddingLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  GlobalMaxPool1dLayer,
  GroupNormLayer,
  HyperParameters,
  input,
  type Layer,
  LayerNormLayer,
  MaxPool1dLayer,
  NeuralNet,
  PositionalEncodingLayer,
  RmsNormLayer,
  SequentialLayer,
  Tensor,
} from 'blasnet';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { elementTypes } from '#blasnet/onnx/messages';
import { badArgument, badFile } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { differences, randomTensor } from '../support/numerics.js';
import { modelOf, tensor, writeModel } from './models.js';

interface Case {
  readonly rowShape: readonly number[];
  readonly layers: () => Layer[];
  /** How many numbers an int32 input has. */
  readonly count?: number;
  /** The types of layers that come back as what they were. */
  readonly returns?: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'an embedding of a number': {
    ...{ rowShape: [], count: 6, returns: ['EmbeddingLayer', 'FullyConnectedLayer'] },
    layers: () => [new EmbeddingLayer(6, 3), new FullyConnectedLayer(2)],
  },
  'an embedding, positions, layer norm': {
    ...{ rowShape: [5], count: 6, returns: ['EmbeddingLayer', 'LayerNormLayer'] },
    layers: () => [new EmbeddingLayer(6, 4), new PositionalEncodingLayer(), new LayerNormLayer({ epsilon: 1e-3 })],
  },
  'learned positions of shorter sequences': {
    rowShape: [4, 3],
    layers: () => [new PositionalEncodingLayer({ learned: true, steps: 6 }), new FullyConnectedLayer(2)],
  },
  'layer norm of vectors': { rowShape: [7], returns: ['LayerNormLayer'], layers: () => [new LayerNormLayer()] },
  'RMS norm': { rowShape: [3, 6], layers: () => [new RmsNormLayer({ epsilon: 1e-3 })] },
  'group norm of steps': { rowShape: [5, 6], layers: () => [new GroupNormLayer(3)] },
  'group norm of images': { rowShape: [6, 3, 4], layers: () => [new GroupNormLayer(2)] },
  'group norm of vectors': { rowShape: [6], layers: () => [new GroupNormLayer(2)] },
  'batch norm of steps': { rowShape: [5, 6], layers: () => [new BatchNormLayer(), new FullyConnectedLayer(2)] },
  convolutions: {
    rowShape: [9, 4],
    layers: () => [
      new Conv1dLayer({ filters: 6, kernelSize: 3, padding: 'causal', dilation: 2, activation: 'relu' }),
      new Conv1dLayer({ filters: 4, kernelSize: 3, padding: 'same', stride: 2, groups: 2 }),
      new Conv1dLayer({ filters: 3, kernelSize: 1, useBias: false }),
    ],
  },
  pools: {
    rowShape: [9, 4],
    layers: () => [
      new MaxPool1dLayer({ poolSize: 3, stride: 2, padding: 1 }),
      new AveragePool1dLayer({ poolSize: 2 }),
      new FlattenLayer(),
    ],
  },
  'global pools': {
    rowShape: [9, 4],
    layers: () => [new FullyConnectedLayer(3, { activation: 'tanh' }), new GlobalMaxPool1dLayer()],
  },
  'the mean over steps': { rowShape: [9, 4], layers: () => [new GlobalAveragePool1dLayer()] },
  'masks through layers and blocks': {
    ...{ rowShape: [7], count: 5 },
    layers: () => [
      new EmbeddingLayer(5, 3, { maskZero: true }),
      new SequentialLayer([new Conv1dLayer({ filters: 4, kernelSize: 3, padding: 'same' }), new LayerNormLayer()]),
      new MaxPool1dLayer({ poolSize: 2 }),
      new GlobalAveragePool1dLayer(),
    ],
  },
  'softmax of steps': {
    ...{ rowShape: [4], count: 5, returns: ['EmbeddingLayer', 'FullyConnectedLayer', 'ClassificationLayer'] },
    layers: () => [new EmbeddingLayer(5, 3), new FullyConnectedLayer(2), new ClassificationLayer('softmax')],
  },
};

/** Rows for a case: floats, or whole numbers, among them rows that end in zeros and one of zeros alone. */
function rowsOf({ rowShape, count }: Case): AnyTensor {
  const shape = [4, ...rowShape];
  if (count === undefined) return randomTensor(shape, 3, -2, 2).clone('float32');
  const { data, size } = Tensor.zeros(shape, 'int32');
  const width = size / 4;
  data.forEach((_, i) => {
    const isPadding = width > 1 && i % width >= width - Math.floor(i / width) * 2;
    data[i] = isPadding ? 0 : 1 + ((i * 7) % (count - 1));
  });
  return Tensor.from(data, shape);
}

for (const [name, given] of Object.entries(cases)) {
  test(`onnxruntime computes ${name}, and it comes back`, async (t) => {
    const layers = given.layers();
    const isClassifier = layers.at(-1) instanceof ClassificationLayer;
    const netType = isClassifier ? 'multipleClassifier' : 'fitting';
    const net = new NeuralNet(new HyperParameters({ netType, initMethod: 'xavier', seed: 2 }), 'net');
    for (const layer of layers) net.addLayer(layer);
    const rows = rowsOf(given);
    const expected = net.inference(rows);
    for (const layer of net.layers) {
      const own = Object.entries(layer.weights).map(([key, { shape }], i) => [key, randomTensor(shape, i, 0.2, 1.2)]);
      layer.setWeights(Object.fromEntries(own.map(([key, tensor]) => [key, (tensor as Tensor).clone('float32')])));
    }
    expected.data.set(net.inference(rows).data);
    const file = join(await temporaryFolder(t), 'net.onnx');
    await net.exportOnnx(file, { inputShape: given.rowShape.length > 0 ? given.rowShape : undefined });
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    const { output } = await session.run({
      input: new OnnxTensor(rows.dtype as 'int32', rows.data as Int32Array, rows.shape),
    });
    const close = { rtol: 1e-5, atol: 1e-5 };
    t.deepEqual(differences(output!.data as Float32Array, expected.data, close), []);
    t.deepEqual([...output!.dims], [...expected.shape]);

    const read = await NeuralNet.fromOnnx(file);
    t.is(read.inputs[0]!.dtype, given.count === undefined ? 'float32' : 'int32');
    t.deepEqual(differences(read.inference(rows).data, expected.data, close), []);
    const types = read.layers.map(({ config }) => config?.type).filter((type) => type !== 'OperationLayer');
    if (given.returns) t.deepEqual(types, given.returns);
  });
}

test('several inputs, one of them of whole numbers', async (t) => {
  const [shop, sales] = [input([], { name: 'shop', dtype: 'int32' }), input([2], { name: 'sales' })];
  const place = new EmbeddingLayer(4, 2).apply(shop);
  const outputs = [new AddLayer().apply([place, sales])];
  const net = NeuralNet.fromGraph(
    { inputs: [shop, sales], outputs },
    new HyperParameters({ netType: 'fitting' }),
    'net',
  );
  const file = join(await temporaryFolder(t), 'net.onnx');
  await net.exportOnnx(file);
  const read = await NeuralNet.fromOnnx(file);
  t.deepEqual(
    read.inputs.map(({ name, dtype, range }) => ({ name, dtype, range })),
    [
      { name: 'shop', dtype: 'int32', range: [0, 3] },
      { name: 'sales', dtype: 'float32', range: undefined },
    ],
  );
  const rows = {
    shop: Tensor.from([3, 0], [2], 'int32'),
    sales: Tensor.from([
      [1, 2],
      [3, 4],
    ]),
  };
  t.deepEqual(read.inference(rows).data, net.inference(rows).data);
});

/** A model whose input is int64, of 3 numbers a row. */
function wholeModel(nodes: Parameters<typeof modelOf>[0]['nodes'], tensors: Parameters<typeof modelOf>[0]['tensors']) {
  const model = modelOf({ nodes, tensors: tensors ?? [] });
  const shape = { dim: [{ dimParam: 'n' }, { dimValue: 3 }] };
  const tensorType = { elemType: elementTypes.int64, shape };
  return { ...model, graph: { ...model.graph!, input: [{ name: 'x', type: { tensorType } }] } };
}

test('an input of int64 becomes one of int32', async (t) => {
  const table = tensor('w', [4, 2], [0, 1, 2, 3, 4, 5, 6, 7]);
  const cast = ['Cast', ['x'], 'i', { attributes: { to: elementTypes.int32 } }] as const;
  const model = wholeModel([cast, ['Gather', ['w', 'i'], 'y']], [table]);
  const net = await NeuralNet.fromOnnx(await writeModel(t, model));
  t.deepEqual([...net.inference(Tensor.from([[3, 0, 1]], undefined, 'int32')).data], [6, 7, 0, 1, 2, 3]);
  t.throws(() => net.inference(Tensor.from([[4, 0, 1]], undefined, 'int32')), badArgument(/from 0 to 3 for the input/));
});

test('whole numbers of an input are refused by what is no embedding', async (t) => {
  const wide = tensor('w', [2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7]);
  const refused = [
    [[['Relu', ['x'], 'y']], [], /floats as input 1 .* received the whole numbers of an input/],
    [[['Gather', ['w', 'x'], 'y']], [wide], /rows of a constant of two dimensions .* but received shape \[2, 2, 2\]/],
    [[['Gather', ['w', 'x'], 'y', { attributes: { axis: 1 } }]], [tensor('w', [2, 2], [1, 2, 3, 4])], /axis 1/],
    // Numbers of an embedding stay whole numbers.
    [
      [
        ['Gather', ['w', 'x'], 'g'],
        ['Cast', ['x'], 'c', { attributes: { to: 1 } }],
        ['Mul', ['g', 'c'], 'y'],
      ],
      [tensor('w', [2, 2], [1, 2, 3, 4])],
      /floats as input 1 in node 2 .* received the whole numbers of an input/,
    ],
    [[['Identity', ['x'], 'y']], [], /./],
  ] as const;
  for (const [nodes, tensors, message] of refused) {
    await t.throwsAsync(NeuralNet.fromOnnx(await writeModel(t, wholeModel(nodes, tensors))), badFile(message));
  }
});
