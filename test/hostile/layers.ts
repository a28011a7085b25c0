// How layers are called; those of the first version are in core.ts.
import {
  AddLayer,
  type AnyTensor,
  AverageLayer,
  AveragePool1dLayer,
  ByteRoundingLayer,
  ConcatenateLayer,
  Conv1dLayer,
  ConvTransposeLayer,
  DepthwiseConvLayer,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  GlobalMaxPool1dLayer,
  GlobalMaxPoolLayer,
  GroupNormLayer,
  input as inputNode,
  type Layer,
  LayerNormLayer,
  MaximumLayer,
  MaxPool1dLayer,
  MultiHeadAttentionLayer,
  MultiplyLayer,
  OperationLayer,
  PermuteLayer,
  PositionalEncodingLayer,
  PReluLayer,
  QuantizedConv1dLayer,
  QuantizedConvLayer,
  QuantizedFullyConnectedLayer,
  ReshapeLayer,
  ResidualLayer,
  RmsNormLayer,
  SequentialLayer,
  SparseFullyConnectedLayer,
  SubtractLayer,
  Tensor,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  UpsampleLayer,
} from 'blasnet';
import type { Callable } from './walk.js';

/** Methods of all layers. */
export function layer(
  make: () => Layer,
  args: () => readonly unknown[],
  input: () => AnyTensor | readonly AnyTensor[],
): Callable {
  const output = () => make().forward(input());
  const ready = () => {
    const made = make();
    made.forward(input());
    return made;
  };
  const rows = () => [input()].flat().map((tensor) => tensor.shape.slice(1));
  return {
    args,
    instance: ready,
    methods: {
      outputShape: rows,
      apply: () => [rows().map((row, i) => inputNode(row, { dtype: make().inputType(i) })), 'node'],
      flopsPerRow: rows,
      forward: () => [input(), true],
      backward: () => [output()],
      preUpdate: () => [],
      trainable: () => [true],
      learningRateFactor: () => [0.5],
      update: () => [],
      allocateParameters: () => [],
      setWeights: () => [ready().weights],
      saveWeights: () => ['weights', 'layer'],
      loadWeights: () => ['weights', 'layer'],
      readWeights: () => ['weights', 'layer'],
      saveInitialValues: () => ['initial', 'layer'],
      loadInitialValues: () => ['initial', 'layer'],
      readInitialValues: () => ['initial', 'layer'],
    },
    internal: [
      'release',
      'initialValues',
      'firstValues',
      'build',
      'record',
      'call',
      'toOnnx',
      'pool',
      'buildFor',
      'outputForm',
      'configure',
      'createParameters',
      'requireIdle',
      'maskOf',
      'inputType',
      'inputRange',
      'stepsFrom',
      'stepRefusal',
      'blocks',
      'recur',
      'biases',
      'specs',
      'compute',
      'wholeWeights',
    ],
  };
}

const inputShape = [1, 4, 4] as const;
const images = () => Tensor.zeros([2, 1, 4, 4]);
const vectors = () => Tensor.zeros([2, 3]);
const sequences = () => Tensor.zeros([2, 5, 4]);
const pool = { poolSize: 2, stride: 1, padding: 1 };
const pair = () => [vectors(), vectors()];
const operationSteps = [
  { operation: 'add', arguments: [{ input: 0 }, { number: 'Infinity' }] },
  { operation: 'reshape', arguments: [{ result: 0 }, ['rows', 3]] },
] as const;
const dense = () => new FullyConnectedLayer(3);

const attention = layer(
  () => new MultiHeadAttentionLayer({ heads: 1 }),
  () => [{ heads: 3, keySize: 3, valueSize: 2, causal: true, dropout: 0.1, useBias: false, seed: 1 }],
  sequences,
);
const attentionLayer: Callable = {
  ...attention,
  methods: { ...attention.methods, attentionWeights: () => [sequences(), Tensor.zeros([2, 5])] },
};

/** Valid arguments of further layers. */
export const layers: Readonly<Record<string, Callable>> = {
  AddLayer: layer(
    () => new AddLayer(),
    () => [],
    pair,
  ),
  AverageLayer: layer(
    () => new AverageLayer(),
    () => [],
    pair,
  ),
  AveragePool1dLayer: layer(
    () => new AveragePool1dLayer({ poolSize: 2 }),
    () => [pool],
    sequences,
  ),
  Conv1dLayer: layer(
    () => new Conv1dLayer({ filters: 2, kernelSize: 3 }),
    () => [
      {
        ...{ filters: 2, kernelSize: 3, stride: 2, padding: 'causal', dilation: 2, groups: 2 },
        ...{ activation: 'relu', useBias: true, initMethod: 'xavier', seed: 1, dtype: 'float32' },
      },
    ],
    sequences,
  ),
  EmbeddingLayer: layer(
    () => new EmbeddingLayer(5, 2),
    () => [5, 2, { maskZero: true, lazy: true, initMethod: 'xavier', dtype: 'float32' }],
    () => Tensor.from([0, 4, 1, 2], [2, 2], 'int32'),
  ),
  GlobalAveragePool1dLayer: layer(
    () => new GlobalAveragePool1dLayer(),
    () => [],
    sequences,
  ),
  GlobalMaxPool1dLayer: layer(
    () => new GlobalMaxPool1dLayer(),
    () => [],
    sequences,
  ),
  GroupNormLayer: layer(
    () => new GroupNormLayer(2),
    () => [2, { epsilon: 1e-3, dtype: 'float32' }],
    sequences,
  ),
  LayerNormLayer: layer(
    () => new LayerNormLayer(),
    () => [{ epsilon: 1e-3, dtype: 'float32' }],
    sequences,
  ),
  MaxPool1dLayer: layer(
    () => new MaxPool1dLayer({ poolSize: 2 }),
    () => [pool],
    sequences,
  ),
  PositionalEncodingLayer: layer(
    () => new PositionalEncodingLayer(),
    () => [{ learned: true, steps: 9, initMethod: 'xavier', dtype: 'float32' }],
    sequences,
  ),
  RmsNormLayer: layer(
    () => new RmsNormLayer(),
    () => [{ epsilon: 1e-3, dtype: 'float32' }],
    sequences,
  ),
  ConcatenateLayer: layer(
    () => new ConcatenateLayer(),
    () => [{ axis: 0 }],
    pair,
  ),
  ConvTransposeLayer: layer(
    () => new ConvTransposeLayer({ inputShape, filters: 2, kernelSize: 3 }),
    () => [
      {
        ...{ inputShape, filters: 2, kernelSize: [3, 3], stride: 2, padding: 1, outputPadding: 1, dilation: 1 },
        ...{ groups: 1, activation: 'relu', useBias: true, seed: 1 },
      },
    ],
    images,
  ),
  QuantizedFullyConnectedLayer: layer(
    () => new QuantizedFullyConnectedLayer({ outputs: 2 }),
    () => [{ inputs: 3, outputs: 2, activation: 'relu', useBias: true }],
    sequences,
  ),
  ByteRoundingLayer: layer(
    () => new ByteRoundingLayer(),
    () => [],
    sequences,
  ),
  QuantizedConv1dLayer: layer(
    () => new QuantizedConv1dLayer({ filters: 2, kernelSize: 3 }),
    () => [{ filters: 2, kernelSize: 3, stride: 2, padding: 'causal', dilation: 2, activation: 'relu', useBias: true }],
    sequences,
  ),
  QuantizedConvLayer: layer(
    () => new QuantizedConvLayer({ inputShape, filters: 2, kernelSize: 3 }),
    () => [
      {
        ...{ inputShape, filters: 2, kernelSize: [3, 3], stride: 2, padding: 'same', dilation: 1 },
        ...{ activation: 'relu', useBias: true },
      },
    ],
    images,
  ),
  DepthwiseConvLayer: layer(
    () => new DepthwiseConvLayer({ inputShape, kernelSize: 3 }),
    () => [{ inputShape, kernelSize: [3, 3], depthMultiplier: 2, stride: 1, padding: 'same', dilation: 1 }],
    images,
  ),
  GlobalMaxPoolLayer: layer(
    () => new GlobalMaxPoolLayer({ inputShape }),
    () => [{ inputShape }],
    images,
  ),
  MaximumLayer: layer(
    () => new MaximumLayer(),
    () => [],
    pair,
  ),
  MultiplyLayer: layer(
    () => new MultiplyLayer(),
    () => [],
    pair,
  ),
  OperationLayer: layer(
    () => new OperationLayer({ steps: operationSteps }),
    () => [{ steps: operationSteps, inputs: 1, parameters: { C: { shape: [3], trainable: false } } }],
    vectors,
  ),
  MultiHeadAttentionLayer: attentionLayer,
  PReluLayer: layer(
    () => new PReluLayer(),
    () => [{ shared: 'all', initial: 0.1, dtype: 'float32' }],
    vectors,
  ),
  PermuteLayer: layer(
    () => new PermuteLayer([2, 0, 1]),
    () => [[2, 0, 1]],
    images,
  ),
  ReshapeLayer: layer(
    () => new ReshapeLayer([2, -1]),
    () => [[2, -1]],
    images,
  ),
  ResidualLayer: layer(
    () => new ResidualLayer([dense()]),
    () => [[dense()], { shortcut: [dense()] }],
    vectors,
  ),
  SequentialLayer: layer(
    () => new SequentialLayer([dense(), dense()]),
    () => [[dense(), dense()]],
    vectors,
  ),
  SparseFullyConnectedLayer: layer(
    () => new SparseFullyConnectedLayer(5, 2),
    () => [5, 2, { activation: 'relu', useBias: true, lazy: true, initMethod: 'xavier', seed: 1, dtype: 'float32' }],
    () => [
      Tensor.from([0, 4, 1, 2], [2, 2], 'int32'),
      Tensor.from([
        [1, 2],
        [3, 0],
      ]),
    ],
  ),
  SubtractLayer: layer(
    () => new SubtractLayer(),
    () => [],
    pair,
  ),
  TransformerDecoderLayer: layer(
    () => new TransformerDecoderLayer({ heads: 1, feedForward: 2 }),
    () => [
      {
        ...{ heads: 1, feedForward: 2, dropout: 0.1, activation: 'relu', normFirst: true, causal: true, epsilon: 1e-3 },
        ...{ initMethod: 'xavier', dtype: 'float32', seed: 1 },
      },
    ],
    () => [sequences(), sequences()],
  ),
  TransformerEncoderLayer: layer(
    () => new TransformerEncoderLayer({ heads: 1, feedForward: 2 }),
    () => [{ heads: 3, feedForward: 3, dropout: 0.1, activation: 'gelu', normFirst: true, causal: true, epsilon: 0.1 }],
    sequences,
  ),
  UpsampleLayer: layer(
    () => new UpsampleLayer({ inputShape, factor: 2 }),
    () => [{ inputShape, factor: [2, 3], mode: 'bilinear' }],
    images,
  ),
};
