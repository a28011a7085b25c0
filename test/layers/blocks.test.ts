// Layers that consist of layers, and nets whose graphs have them among merges and layers of images.
import { join } from 'node:path';
import test from 'ava';
import {
  ActivationLayer,
  AddLayer,
  AverageLayer,
  AveragePoolLayer,
  BatchNormLayer,
  ConcatenateLayer,
  ConvLayer,
  ConvTransposeLayer,
  createLayer,
  DataReader,
  DepthwiseConvLayer,
  DropoutLayer,
  FullyConnectedLayer,
  GlobalMaxPoolLayer,
  HyperParameters,
  input,
  type Layer,
  MaximumLayer,
  MultiplyLayer,
  NeuralNet,
  PReluLayer,
  ResidualLayer,
  type ResidualOptions,
  SequentialLayer,
  SubtractLayer,
  Tensor,
  UpsampleLayer,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { weightsOf } from '../support/nets.js';
import {
  differences,
  gradientCheck,
  type Numbers,
  netGradientCheck,
  randomTensor,
  readReference,
  tensorOf,
} from '../support/numerics.js';

const params = (options = {}) =>
  new HyperParameters({ netType: 'fitting', dtype: 'float64', seed: 3, batchSize: 8, maxEpoch: 4, ...options });
const dense = (outputs: number, inputs?: number) =>
  inputs === undefined
    ? new FullyConnectedLayer(outputs, { dtype: 'float64' })
    : new FullyConnectedLayer(inputs, outputs, { dtype: 'float64', seed: 1 });

/** Lets a net infer its sizes from rows of that shape. */
const build = (net: NeuralNet, rowShape: readonly number[]) => net.inference(Tensor.zeros([1, ...rowShape], 'float64'));

const reader = () => DataReader.fromTensors({ xTrain: randomTensor([37, 5], 1), yTrain: randomTensor([37, 5], 2) });

test('a sequential layer is its layers one behind the other', (t) => {
  const layers = [dense(4, 3), new ActivationLayer('tanh'), dense(2, 4)];
  const block = new SequentialLayer(layers);
  const x = randomTensor([5, 3], 1);
  const expected = layers.reduce((values, layer) => layer.forward(values), x);
  t.deepEqual(block.outputShape([3]), [2]);
  t.deepEqual(block.forward(x).data, expected.data);
  t.is(block.flopsPerRow([3]), 2 * 3 * 4 + 2 * 4 * 2);
});

test('a residual layer adds its input, or the shortcut of it', (t) => {
  const [inner, beside] = [dense(3, 3), dense(3, 3)];
  const x = randomTensor([5, 3], 1);
  const sum = (a: Tensor, b: Tensor) => a.data.map((value, i) => value + b.data[i]!);
  t.deepEqual(new ResidualLayer([inner]).forward(x).data, sum(inner.forward(x), x));
  t.deepEqual(
    new ResidualLayer([inner], { shortcut: [beside] }).forward(x).data,
    sum(inner.forward(x), beside.forward(x)),
  );
});

test('parameters are those of the layers, named after them', (t) => {
  const inner = dense(4);
  const block = new ResidualLayer([new SequentialLayer([inner, new BatchNormLayer()]), dense(3)], {
    shortcut: [new FullyConnectedLayer(3, { useBias: false, dtype: 'float64' })],
  });
  t.is(block.parameterShapes, undefined);
  block.outputShape([2]);
  const names = [
    ...['fully-connected-1.W', 'fully-connected-1.B'].map((name) => `sequential-1.${name}`),
    ...['gamma', 'beta', 'mean', 'var'].map((name) => `sequential-1.batch-norm-2.${name}`),
    ...['fully-connected-2.W', 'fully-connected-2.B', 'shortcut.fully-connected-1.W'],
  ];
  t.deepEqual(Object.keys(block.parameterShapes!), names);
  t.deepEqual(Object.keys(block.weights), names);
  t.is(block.weights['sequential-1.fully-connected-1.W'], inner.weights.W);
  t.is(block.parameters[0], block.parameters[0]);
  block.setWeights({ 'sequential-1.fully-connected-1.B': Tensor.from([[1, 2, 3, 4]], undefined, 'float64') });
  t.deepEqual(inner.weights.B!.toArray(), [[1, 2, 3, 4]]);
});

test('gradients agree with differences', (t) => {
  const block = new ResidualLayer(
    [new SequentialLayer([dense(4), new ActivationLayer('tanh'), new BatchNormLayer({ dtype: 'float64' })]), dense(3)],
    { shortcut: [dense(3)] },
  );
  t.deepEqual(gradientCheck(block, randomTensor([5, 2], 1)), []);
  t.deepEqual(gradientCheck(new ResidualLayer([dense(3, 3)]), randomTensor([4, 3], 2)), []);
});

/** Two nets with the same weights: one of layers, one of blocks. */
function twins(options = {}): [plain: NeuralNet, blocks: NeuralNet] {
  const layers = () => [new FullyConnectedLayer(6), new BatchNormLayer(), new ActivationLayer('tanh')];
  const plain = new NeuralNet(params(options), 'plain');
  for (const layer of [...layers(), ...layers(), new FullyConnectedLayer(5)]) plain.addLayer(layer);
  const blocks = new NeuralNet(params(options), 'blocks');
  blocks
    .addLayer(new SequentialLayer([new SequentialLayer(layers()), ...layers()]))
    .addLayer(new FullyConnectedLayer(5));
  for (const net of [plain, blocks]) build(net, [5]);
  const values = plain.layers.flatMap((layer) => Object.values(layer.weights));
  for (const [i, tensor] of blocks.layers.flatMap((layer) => Object.values(layer.weights)).entries()) {
    tensor.data.set(values[i]!.data);
  }
  return [plain, blocks];
}

test('a net of blocks is trained to the same bits as a net of their layers', async (t) => {
  for (const optimizer of ['sgd', 'adam'] as const) {
    const [plain, blocks] = twins({ optimizer, regularizer: { method: 'l2', value: 0.01 } });
    for (const net of [plain, blocks]) await net.train(reader());
    t.deepEqual(weightsOf(blocks), weightsOf(plain), optimizer);
    const x = randomTensor([7, 5], 9);
    t.deepEqual(blocks.inference(x).data, plain.inference(x).data);
  }
});

test('each layer of a block begins with random numbers of its own', async (t) => {
  const net = new NeuralNet(params(), 'net');
  const square = () => new FullyConnectedLayer(5);
  net.addLayer(new SequentialLayer([square(), new SequentialLayer([square(), square()]), square()]));
  net.addLayer(new SequentialLayer([square(), square()]));
  build(net, [5]);
  const starts = net.layers.flatMap(({ weights }) =>
    Object.entries(weights).flatMap(([name, { data }]) => (name.endsWith('.W') ? [data.join()] : [])),
  );
  t.is(new Set(starts).size, 6);
  const dropped = new NeuralNet(params(), 'net');
  dropped.addLayer(new SequentialLayer([new DropoutLayer(0.5), new DropoutLayer(0.5)]));
  const ones = Tensor.from(new Float64Array(400).fill(1), [4, 100]);
  const kept = dropped.forward(ones).data.filter((value) => value !== 0).length;
  t.true(kept > 50 && kept < 150, `${kept} of 400 pass both`);
});

/** An own head beside a chain of blocks. */
function saved(): NeuralNet {
  const conv = (filters: number, kernelSize: number) => new ConvLayer({ filters, kernelSize, padding: 'same' });
  return new NeuralNet(params(), 'net')
    .addLayer(new ResidualLayer([conv(3, 3), new BatchNormLayer()], { shortcut: [conv(3, 1)] }), 'block')
    .addLayer(new ResidualLayer([new SequentialLayer([new PReluLayer(), conv(3, 3)])]))
    .addLayer(new GlobalMaxPoolLayer(), 'pool');
}

const images = () =>
  DataReader.fromTensors({ xTrain: randomTensor([20, 2, 4, 5], 1), yTrain: randomTensor([20, 3], 2) });

test('nets with blocks are saved, loaded and started again', async (t) => {
  const folder = await temporaryFolder(t);
  const net = saved();
  await net.train(images());
  const file = join(folder, 'net.safetensors');
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  const x = randomTensor([4, 2, 4, 5], 5);
  t.deepEqual(loaded.inference(x).data, net.inference(x).data);
  t.deepEqual(
    loaded.layers.map(({ config }) => config),
    net.layers.map(({ config }) => config),
  );
  await net.saveWeights(folder);
  const other = saved();
  build(other, [2, 4, 5]);
  const first = weightsOf(other);
  t.notDeepEqual(first, weightsOf(net));
  await other.loadWeights(folder);
  t.deepEqual(weightsOf(other), weightsOf(net));
  await net.saveInitialValues(join(folder, 'initial'));
  await other.loadInitialValues(join(folder, 'initial'));
  t.deepEqual(weightsOf(other), first);
  await other.train(images());
  t.deepEqual(weightsOf(other), weightsOf(net));
});

test('a run with blocks is resumed to the same bits', async (t) => {
  const checkpointFile = join(await temporaryFolder(t), 'run.safetensors');
  const options = { optimizer: 'adam', maxEpoch: 6 } as const;
  const whole = twins(options)[1];
  await whole.train(reader());
  const short = twins({ ...options, maxEpoch: 3 })[1];
  await short.train(reader(), { checkpointFile });
  const resumed = await NeuralNet.resume(checkpointFile, { maxEpoch: 6 });
  await resumed.train(reader());
  t.deepEqual(weightsOf(resumed), weightsOf(whole));
});

test('a block that was removed from a net can be added to another one', (t) => {
  const block = new SequentialLayer([new FullyConnectedLayer(3), new ActivationLayer('relu')]);
  const net = new NeuralNet(params(), 'net').addLayer(new FullyConnectedLayer(4, 2)).addLayer(block, 'block');
  build(net, [4]);
  const before = [...block.weights['fully-connected-1.W']!.data];
  net.removeLayer('block');
  const other = new NeuralNet(params(), 'other').addLayer(block);
  t.deepEqual(build(other, [2]).shape, [1, 3]);
  t.deepEqual([...block.weights['fully-connected-1.W']!.data], before);
});

test('configs make the same blocks', (t) => {
  const blocks: readonly Layer[] = [
    new SequentialLayer([new FullyConnectedLayer(3), new ResidualLayer([new ActivationLayer('relu')])]),
    new ResidualLayer([dense(3)], { shortcut: [new FullyConnectedLayer(3, { useBias: false })] }),
  ];
  for (const block of blocks) {
    const made = createLayer(JSON.parse(JSON.stringify(block.config)));
    t.is(made.constructor, block.constructor);
    t.deepEqual(made.config, block.config);
  }
});

test('bad blocks', (t) => {
  const layer = new FullyConnectedLayer(2);
  const taken = new FullyConnectedLayer(2, 2);
  new NeuralNet(params(), 'net').addLayer(taken);
  const bad: readonly (readonly [() => unknown, RegExp])[] = [
    [() => new SequentialLayer([]), /a list of one layer or more for layers/],
    [() => new SequentialLayer(layer as unknown as Layer[]), /a list of one layer or more for layers/],
    [() => new SequentialLayer([undefined] as unknown as Layer[]), /a list of one layer or more for layers/],
    [() => new SequentialLayer([layer, layer]), /each layer once for layers but received 'fully connected twice'/],
    [() => new SequentialLayer([layer, new SequentialLayer([layer])]), /each layer once/],
    [() => new ResidualLayer([layer], { shortcut: [layer] }), /each layer once/],
    [() => new ResidualLayer([layer], { shortcut: [] }), /a list of one layer or more for shortcut/],
    [() => new ResidualLayer([layer], { shortcuts: [] } as ResidualOptions), /only shortcut for options/],
    [() => new NeuralNet(params(), 'x').addLayer(new SequentialLayer([taken])), /that is in no net yet/],
    [() => createLayer({ type: 'SequentialLayer' }), /a list of configs of layers for layers/],
    [() => createLayer({ type: 'SequentialLayer', layers: [{ type: 'Sequence' }] }), /one of .* for the layer's type/],
    [() => new SequentialLayer([layer]).outputShape([2], [2]), /Expected 1 for the inputs of fully connected/],
  ];
  for (const [make, message] of bad) t.throws(make, badArgument(message));
  t.throws(
    () => new ResidualLayer([new FullyConnectedLayer(3)]).outputShape([2]),
    shapeMismatch(/^Expected rows of shape \[3\] for the input of residual but received \[2\]$/),
  );
  t.throws(
    () => new ResidualLayer([dense(3)], { shortcut: [dense(4)] }).outputShape([2]),
    shapeMismatch(/^Expected rows of shape \[3\] for the shortcut of residual but received \[4\]$/),
  );
});

/** The net of images.py: see `graph` there. */
function joined(): NeuralNet {
  const x = input([2, 6, 8]);
  const down = new ConvLayer({ filters: 4, kernelSize: 3, padding: 1, activation: 'hardSwish' }).apply(x, 'down');
  const small = new AveragePoolLayer({ poolSize: 2 }).apply(down);
  const residual = new ResidualLayer(
    [
      new DepthwiseConvLayer({ kernelSize: 3, padding: 'same' }),
      new ActivationLayer('mish'),
      new ConvLayer({ filters: 6, kernelSize: 1 }),
    ],
    { shortcut: [new ConvLayer({ filters: 6, kernelSize: 1, useBias: false })] },
  ).apply(small, 'block');
  const up = new ConvTransposeLayer({ filters: 3, kernelSize: 2, stride: 2 }).apply(residual, 'up');
  const smooth = new UpsampleLayer({ factor: 2, mode: 'bilinear' }).apply(small);
  const all = new PReluLayer().apply(new ConcatenateLayer({ axis: 0 }).apply([up, smooth, down]), 'prelu');
  const pooled = new GlobalMaxPoolLayer().apply(all);
  const [one, two] = ['one', 'two'].map((name) => new FullyConnectedLayer(4).apply(pooled, name));
  const scaled = new MultiplyLayer().apply([
    new MaximumLayer().apply([one!, two!]),
    new ActivationLayer('selu').apply(one!),
  ]);
  const y = new SubtractLayer().apply([scaled, new AverageLayer().apply([one!, two!])], 'y');
  return NeuralNet.fromGraph({ inputs: [x], outputs: [y] }, params(), 'joined');
}

interface Graph {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly delta: Numbers;
  readonly weights: Readonly<Record<string, Numbers>>;
  readonly gradients: Readonly<Record<string, Numbers>>;
}

test('a graph of all of them has the values and gradients of PyTorch', async (t) => {
  const { graph } = await readReference<{ graph: Graph }>('images');
  const net = joined();
  const named = (name: string) => {
    const [layer, ...own] = name.split('.');
    return { layer: net.getLayer(layer!), own: own.join('.') };
  };
  for (const [name, value] of Object.entries(graph.weights)) {
    const { layer, own } = named(name);
    layer.setWeights({ [own]: tensorOf(value) });
  }
  const x = tensorOf(graph.x);
  const tolerance = { rtol: 1e-9, atol: 1e-12 };
  const y = net.forward(x);
  t.deepEqual(differences(y.data, graph.y.data, tolerance, 'y'), []);
  // The loss Σ (y − target)² / 2m has the gradient (y − target) / m by the output.
  const target = y.data.map((value, i) => value - y.rows * graph.delta.data[i]!);
  net.backward(Tensor.from(target, y.shape));
  for (const [name, { data }] of Object.entries(graph.gradients)) {
    const { layer, own } = named(name);
    t.deepEqual(differences(layer.gradients[own]!.data, data, tolerance, name), []);
  }
});

test('gradients in such a graph agree with differences', (t) => {
  t.deepEqual(netGradientCheck(joined(), randomTensor([2, 2, 6, 8], 1), randomTensor([2, 4], 2)), []);
});

test('a graph of all of them learns, and is saved and loaded', async (t) => {
  const net = joined();
  const data = { xTrain: randomTensor([16, 2, 6, 8], 1), yTrain: randomTensor([16, 4], 2) };
  const before = net.test(data.xTrain, data.yTrain).loss;
  await net.train(DataReader.fromTensors(data));
  t.true(net.test(data.xTrain, data.yTrain).loss < before);
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await net.save(file);
  const x = randomTensor([3, 2, 6, 8], 4);
  t.deepEqual((await NeuralNet.load(file)).inference(x).data, net.inference(x).data);
});

test('add takes more than two inputs of a graph', (t) => {
  const x = input([3]);
  const sum = new AddLayer().apply([1, 2, 3].map(() => new FullyConnectedLayer(2).apply(x)));
  const net = NeuralNet.fromGraph({ inputs: [x], outputs: [sum] }, params(), 'sums');
  t.deepEqual(netGradientCheck(net, randomTensor([4, 3], 1), randomTensor([4, 2], 2)), []);
});
