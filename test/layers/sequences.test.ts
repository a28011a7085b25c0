// Layers of sequences, [steps, features], beside what test/numerics/sequence-layers.test.ts compares with PyTorch.
import test from 'ava';
import {
  AveragePool1dLayer,
  BatchNormLayer,
  Conv1dLayer,
  ConvLayer,
  createLayer,
  DataReader,
  DropoutLayer,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  GlobalMaxPool1dLayer,
  GroupNormLayer,
  HyperParameters,
  type Layer,
  type LayerConfig,
  LayerNormLayer,
  MaxPool1dLayer,
  NeuralNet,
  PositionalEncodingLayer,
  RmsNormLayer,
  Tensor,
} from 'blasnet';
import { Pass } from '#blasnet/graph/pass';
import { Value } from '#blasnet/ops/value';
import { EagerRunner } from '#blasnet/runtime/runner';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { differences, gradientCheck, randomTensor } from '../support/numerics.js';

const float64 = { dtype: 'float64' } as const;
const { dtype } = float64;

/** Layers, their configs, and the shape of a row. */
const layers: readonly (readonly [make: () => Layer, config: LayerConfig, row: readonly number[]])[] = [
  [() => new LayerNormLayer(float64), { type: 'LayerNormLayer', epsilon: 1e-5, dtype }, [4, 3]],
  [() => new RmsNormLayer({ epsilon: 0.1, dtype }), { type: 'RmsNormLayer', epsilon: 0.1, dtype }, [4, 3]],
  [() => new GroupNormLayer(2, float64), { type: 'GroupNormLayer', groups: 2, epsilon: 1e-5, dtype }, [3, 4]],
  [
    () => new Conv1dLayer({ filters: 4, kernelSize: 3, dtype }),
    {
      ...{ type: 'Conv1dLayer', filters: 4, kernelSize: 3, stride: 1, padding: 'valid', dilation: 1, groups: 1 },
      dtype,
    },
    [5, 2],
  ],
  [
    () => new Conv1dLayer({ filters: 4, kernelSize: 2, padding: 3, dilation: 2, groups: 2, activation: 'tanh', dtype }),
    {
      ...{ type: 'Conv1dLayer', filters: 4, kernelSize: 2, stride: 1, padding: 3, dilation: 2, groups: 2 },
      ...{ activation: { name: 'tanh' }, dtype },
    },
    [5, 2],
  ],
  [() => new MaxPool1dLayer({ poolSize: 2 }), { type: 'MaxPool1dLayer', poolSize: 2, stride: 2, padding: 0 }, [5, 3]],
  [
    () => new AveragePool1dLayer({ poolSize: 3, stride: 1, padding: 1 }),
    { type: 'AveragePool1dLayer', poolSize: 3, stride: 1, padding: 1 },
    [5, 3],
  ],
  [() => new GlobalMaxPool1dLayer(), { type: 'GlobalMaxPool1dLayer' }, [5, 3]],
  [() => new GlobalAveragePool1dLayer(), { type: 'GlobalAveragePool1dLayer' }, [5, 3]],
  [() => new PositionalEncodingLayer(), { type: 'PositionalEncodingLayer', learned: false }, [5, 3]],
  [
    () => new PositionalEncodingLayer({ learned: true, steps: 7, dtype }),
    { type: 'PositionalEncodingLayer', learned: true, steps: 7, dtype },
    [5, 3],
  ],
];

for (const [i, [make, config, row]] of layers.entries()) {
  test(`${config.type} ${i}: config and gradients`, (t) => {
    t.deepEqual(make().config, config);
    t.deepEqual(createLayer(config).config, config);
    const layer = make();
    t.deepEqual(gradientCheck(layer, randomTensor([3, ...row], 4, -2, 2)), []);
    const y = layer.forward(randomTensor([3, ...row], 5), false);
    t.deepEqual(y.shape.slice(1), [...layer.outputShape(row)]);
    t.true(layer.flopsPerRow(row) >= 0);
  });
}

test('bad arguments are refused', (t) => {
  const conv = (options: object) => new Conv1dLayer({ filters: 4, kernelSize: 3, ...options });
  for (const [make, message] of [
    [() => conv({ filters: 0 }), /for filters but received 0/],
    [() => conv({ kernelSize: [3, 3] }), /for kernelSize/],
    [() => conv({ padding: 'full' }), /'valid', 'same', 'causal' or a whole number for padding but received 'full'/],
    [() => conv({ padding: -1 }), /for padding but received -1/],
    [() => conv({ groups: 3 }), /a divisor of the 4 filters for groups but received 3/],
    [() => conv({ groups: 2 }).outputShape([5, 3]), /a divisor of the 3 features for groups but received 2/],
    [() => conv({}).outputShape([2, 3]), /at most the 2 steps of the padded input for kernelSize but received 3/],
    [() => conv({ dilation: 2 }).outputShape([4, 3]), /4 steps .* for kernelSize with its dilation but received 5/],
    [() => conv({ steps: 2 }), /received '?steps/],
    [() => new MaxPool1dLayer({ poolSize: 2, padding: 2 }), /at most half of poolSize, 1 for padding/],
    [() => new MaxPool1dLayer({ poolSize: 4 }).outputShape([3, 2]), /at most the 3 steps .* for poolSize/],
    [() => new AveragePool1dLayer(untyped({ poolSize: 2.5 })), /for poolSize but received 2.5/],
    [() => new LayerNormLayer({ epsilon: 0 }), /a finite number above 0 for epsilon but received 0/],
    [() => new RmsNormLayer(untyped({ eps: 1 })), /received '?eps/],
    [() => new GroupNormLayer(0), /for groups but received 0/],
    [() => new PositionalEncodingLayer({ learned: true }), /for steps but received undefined/],
    [() => new PositionalEncodingLayer(untyped({ learned: 1 })), /true or false for learned/],
  ] as const) {
    t.throws(make, badArgument(message));
  }
  for (const [layer, row] of [
    [new Conv1dLayer({ filters: 2, kernelSize: 1 }), [3]],
    [new MaxPool1dLayer({ poolSize: 1 }), [3, 2, 2]],
    [new GlobalMaxPool1dLayer(), [3]],
    [new GlobalAveragePool1dLayer(), [1, 2, 3]],
    [new PositionalEncodingLayer(), [3]],
    [new PositionalEncodingLayer({ steps: 4 }), [5, 2]],
    [new LayerNormLayer(), []],
    [new GroupNormLayer(2), [4, 3]],
    [new GroupNormLayer(2), [3, 4, 4]],
  ] as const) {
    t.throws(() => layer.outputShape(row), shapeMismatch(/ for input but received rows of shape/));
  }
});

test('a convolution of sequences is one of images of a single row', (t) => {
  const [steps, features, filters, size] = [11, 4, 6, 3];
  const x = randomTensor([3, steps, features], 1);
  const layer = new Conv1dLayer({ filters, kernelSize: size, stride: 2, padding: 'same', dtype });
  const y = layer.forward(x);
  const images = new ConvLayer({ filters, kernelSize: [1, size], stride: [1, 2], padding: 'same', dtype });
  const turned = Tensor.zeros([3, features, 1, steps], dtype);
  turned.data.forEach((_, i, data) => {
    const [m, f, s] = [Math.floor(i / (features * steps)), Math.floor(i / steps) % features, i % steps];
    data[i] = x.data[(m * steps + s) * features + f]!;
  });
  images.outputShape([features, 1, steps]);
  const { W, B } = layer.weights;
  const weights = Tensor.zeros([filters, features, 1, size], dtype);
  weights.data.forEach((_, i, data) => {
    const [o, f, k] = [Math.floor(i / (features * size)), Math.floor(i / size) % features, i % size];
    data[i] = W!.data[(k * features + f) * filters + o]!;
  });
  images.setWeights({ W: weights, B: B! });
  const expected = images.forward(turned);
  const windows = y.shape[1]!;
  const back = Float64Array.from({ length: y.size }, (_, i) => {
    const [m, s, o] = [Math.floor(i / (windows * filters)), Math.floor(i / filters) % windows, i % filters];
    return expected.data[(m * filters + o) * windows + s]!;
  });
  t.deepEqual(differences(y.data, back, { rtol: 1e-12, atol: 1e-13 }), []);
});

test('a causal convolution sees no later step', (t) => {
  const layer = new Conv1dLayer({ filters: 2, kernelSize: 3, padding: 'causal', dilation: 2, dtype });
  const x = randomTensor([1, 8, 3], 2);
  const before = layer.forward(x).data.slice();
  x.data.fill(9, 5 * 3);
  const after = layer.forward(x).data;
  t.deepEqual(after.slice(0, 5 * 2), before.slice(0, 5 * 2));
  t.notDeepEqual(after, before);
});

/** Records layers on numbers with a mask, and returns the last value. */
function masked(layers: readonly Layer[], x: Tensor, mask: Tensor): Value {
  const pass = new Pass(new EagerRunner('float64'), false);
  const value = new Value(x);
  value.mask = new Value(mask);
  return layers.reduce((one, layer) => layer.record(pass, [one]), value);
}

const mask = Tensor.from([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [2, 5], 'float64');

test('masked steps neither win nor count, and rows that are fully masked give 0', (t) => {
  const x = Tensor.from([-1, -3, 9, Number.NaN, Number.POSITIVE_INFINITY, 9, 9, 9, 9, 9], [2, 5, 1], 'float64');
  t.deepEqual(masked([new GlobalMaxPool1dLayer()], x, mask).tensor.toArray(), [[-1], [0]]);
  t.deepEqual(masked([new GlobalAveragePool1dLayer()], x, mask).tensor.toArray(), [[-2], [0]]);
  const largest = masked([new MaxPool1dLayer({ poolSize: 2, stride: 1 })], x, mask);
  t.deepEqual([...largest.tensor.data], [-1, -3, 0, 0, 0, 0, 0, 0]);
  t.deepEqual([...largest.mask!.tensor.data], [1, 1, 0, 0, 0, 0, 0, 0]);
  const means = masked([new AveragePool1dLayer({ poolSize: 2, stride: 1, padding: 1 })], x, mask);
  t.deepEqual([...means.tensor.data], [-1, -2, -3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  t.deepEqual([...means.mask!.tensor.data], [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('a convolution sees zeros in masked steps, and passes the mask on where steps stay as many', (t) => {
  const x = randomTensor([2, 5, 3], 7);
  const zeroed = x.clone();
  zeroed.data.forEach((_, i, data) => {
    if (mask.data[Math.floor(i / 3)] === 0) data[i] = 0;
  });
  const same = new Conv1dLayer({ filters: 2, kernelSize: 3, padding: 'same', dtype });
  const y = masked([same], x, mask);
  t.deepEqual(y.tensor.data, same.forward(zeroed).data);
  t.deepEqual([...y.mask!.tensor.data], [...mask.data]);
  t.is(masked([new Conv1dLayer({ filters: 2, kernelSize: 3, dtype })], x, mask).mask, undefined);
});

test('dropout, batch norm and activations train on steps, with losses for each step', async (t) => {
  const params = { netType: 'fitting', maxEpoch: 40, optimizer: 'adam', learningRate: 0.02, seed: 1 } as const;
  const net = new NeuralNet(new HyperParameters(params), 'net')
    .addLayer(new FullyConnectedLayer(8, { activation: 'gelu' }))
    .addLayer(new BatchNormLayer())
    .addLayer(new DropoutLayer(0.1))
    .addLayer(new FullyConnectedLayer(2));
  const xTrain = randomTensor([40, 5, 3], 1).clone('float32');
  const yTrain = Tensor.zeros([40, 5, 2]);
  yTrain.data.forEach((_, i, data) => {
    const step = Math.floor(i / 2) * 3;
    data[i] = xTrain.data[step]! - xTrain.data[step + 1 + (i % 2)]!;
  });
  const { records } = await net.train(DataReader.fromTensors({ xTrain, yTrain }));
  t.true(records.at(-1)!.lossTrain < records[0]!.lossTrain / 10);
  t.deepEqual(net.layers[1]!.weights.mean!.shape, [8]);
});

test('batch norm takes the last dimension of steps, and the channels of what is said to have them first', (t) => {
  t.deepEqual(new BatchNormLayer().outputShape([5, 3]), [5, 3]);
  for (const [layer, features] of [
    [new BatchNormLayer(), 3],
    [new BatchNormLayer({ channelsFirst: true }), 5],
  ] as const) {
    layer.outputShape([5, 3]);
    t.deepEqual(layer.weights.gamma!.shape, [features]);
    t.deepEqual(createLayer(layer.config).config, layer.config);
  }
  const image = new BatchNormLayer();
  image.outputShape([4, 5, 3]);
  t.deepEqual(image.weights.gamma!.shape, [4]);
  t.throws(() => new BatchNormLayer(untyped({ channelsFirst: 1 })), badArgument(/true or false for channelsFirst/));
});

test('sequences of another length need no new weights', (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net')
    .addLayer(new EmbeddingLayer(9, 4))
    .addLayer(new PositionalEncodingLayer())
    .addLayer(new Conv1dLayer({ filters: 3, kernelSize: 2, padding: 'causal' }))
    .addLayer(new GlobalAveragePool1dLayer());
  for (const steps of [4, 9]) {
    t.deepEqual(net.inference(Tensor.from(new Int32Array(2 * steps), [2, steps])).shape, [2, 3]);
  }
});
