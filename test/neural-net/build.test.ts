import { readdir } from 'node:fs/promises';
import test from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { transferAway } from '../support/memory.js';
import { classifier, fittingNet, fittingReader } from '../support/nets.js';

const empty = () => fittingNet([]);

test('constructor › errors', (t) => {
  t.throws(
    () => new NeuralNet(untyped({ netType: 'fitting' }), 'x'),
    badArgument(/HyperParameters for params but .* Object/),
  );
  t.throws(
    () => new NeuralNet(new HyperParameters({ netType: 'fitting' }), untyped(5)),
    badArgument(/a string for name but received 5/),
  );
});

test('layers › in order, by name, or by a name of their own', (t) => {
  const layer = new FullyConnectedLayer(2, 3);
  const net = empty()
    .addLayer(layer)
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new FullyConnectedLayer(3, 1), 'out');
  t.is(net.layers.length, 3);
  t.is(net.getLayer('fully-connected-1'), layer);
  t.is(net.getLayer('relu-2').kind, 'relu');
  t.throws(
    () => net.getLayer('nope'),
    badArgument(/one of fully-connected-1, relu-2, out for layer but received 'nope'/),
  );
  t.throws(() => empty().getLayer('out'), badArgument(/^Expected at least one layer for the net but received 'none'$/));
});

test('layers › sizes and names that cannot be', (t) => {
  for (const size of [0, -1, 1.5, Number.NaN, 2 ** 31, untyped<number>('3')]) {
    t.throws(() => new FullyConnectedLayer(size, 1), badArgument(/a whole number from 1 to 2147483647 for inputs but/));
    t.throws(
      () => new FullyConnectedLayer(1, size),
      badArgument(/a whole number from 1 to 2147483647 for outputs but/),
    );
  }
  t.throws(() => new FullyConnectedLayer(1, 1, { seed: -1 }), badArgument(/for seed but received -1/));
  t.throws(
    () => new FullyConnectedLayer(1, 1, { dtype: untyped('int8') }),
    badArgument(/for dtype but received 'int8'/),
  );
  t.throws(
    () => new FullyConnectedLayer(1, 1, { initMethod: untyped('he') }),
    badArgument(/for initMethod but .* 'he'/),
  );
  for (const name of ['swish', 'toString', undefined, 5, {}]) {
    t.throws(
      () => new ActivationLayer(untyped(name)),
      badArgument(/'identity', .* or 'logSoftmax' for activation but/),
    );
  }
  t.throws(
    () => new ActivationLayer(untyped({ name: 'relu', slope: 1 })),
    badArgument(/no constant for relu .* 'slope'/),
  );
  t.throws(
    () => new ActivationLayer({ name: 'elu', alpha: Number.NaN }),
    badArgument(/a finite number for elu's alpha but received NaN/),
  );
  t.throws(
    () => new ClassificationLayer(untyped('relu')),
    badArgument(/'softmax' or 'sigmoid' for kind but .* 'relu'/),
  );
});

test('addLayer › errors leave the net as it was', (t) => {
  const layer = new FullyConnectedLayer(2, 3);
  const net = empty().addLayer(layer, 'a');
  const next = () => new FullyConnectedLayer(3, 1);
  t.throws(() => net.addLayer(layer, 'b'), badArgument(/a layer that is not in the net yet for layer 'b' .* as 'a'/));
  t.throws(() => net.addLayer(next(), 'a'), badArgument(/a name that is not taken for layer 'a'/));
  t.throws(
    () => empty().addLayer(layer, 'x'),
    badArgument(/a layer that is in no net yet .*'one that is in another net'/),
  );
  for (const name of ['', '.', '..', 'a/b', 'a\\b', 5]) {
    t.throws(
      () => net.addLayer(next(), untyped(name)),
      badArgument(/one that can be a file name for the name of a layer/),
    );
  }
  for (const value of [null, undefined, {}, 'relu', FullyConnectedLayer]) {
    t.throws(() => net.addLayer(untyped(value), 'b'), badArgument(/Expected a Layer for layer but received/));
  }
  t.throws(
    () => net.addLayer(new FullyConnectedLayer(4, 1), 'b'),
    shapeMismatch(/rows of 4 numbers for input but received rows of shape \[3\] at layer 'b', from layer 'a'/),
  );
  t.is(net.layers.length, 1);
  t.is(net.addLayer(next(), 'b').layers.length, 2);
});

test('addLayer › a failed one does not separate predictions from the weights', (t) => {
  const net = fittingNet([2, 1]);
  const x = Tensor.from([[1, 2]]);
  const y = Tensor.from([[1]]);
  const before = net.inference(x).toArray();
  t.throws(() => net.addLayer(new FullyConnectedLayer(9, 1)), shapeMismatch(/at layer/));
  net.trainOnBatch(x, y);
  t.notDeepEqual(net.inference(x).toArray(), before);
  t.deepEqual(net.inference(x).toArray(), net.forward(x, false).toArray());
});

test('addLayer › predictions and steps see a layer that came later', (t) => {
  const net = fittingNet([2, 2]);
  const x = Tensor.from([[1, 2]]);
  net.inference(x);
  net.addLayer(new FullyConnectedLayer(2, 1));
  t.deepEqual(net.inference(x).shape, [1, 1]);
  t.deepEqual(net.inference(x).toArray(), net.forward(x, false).toArray());
});

test('a layer keeps the weights it was given, in the dtype of the net', (t) => {
  const layer = new FullyConnectedLayer(1, 1, { dtype: 'float64' });
  layer.setWeights({ W: Tensor.from([[2]]), B: Tensor.from([[3]]) });
  const net = empty().addLayer(layer, 'a');
  t.deepEqual(net.inference(Tensor.from([[4]])).toArray(), [[11]]);
  t.is(layer.weights.W?.dtype, 'float32');
  t.true(layer.weights.W?.data instanceof Float32Array);
  t.deepEqual(layer.forward(Tensor.from([[5]])).toArray(), [[13]]);
});

test('setWeights › errors change nothing', (t) => {
  const layer = new FullyConnectedLayer(2, 2);
  const before = layer.weights.W!.toArray();
  const B = Tensor.from([[1, 2]]);
  const W = Tensor.zeros([2, 2]);
  t.throws(() => layer.setWeights({ W, V: B }), badArgument(/W or B for weights but received 'V'/));
  t.throws(
    () => layer.setWeights({ W, B: Tensor.zeros([1, 3]) }),
    shapeMismatch(/shape \[1, 2\] for fully connected B but received \[1, 3\]/),
  );
  t.throws(
    () => layer.setWeights({ W, B: untyped([1, 2]) }),
    badArgument(/a Tensor for fully connected B .* array of 2/),
  );
  t.throws(() => new ActivationLayer('relu').setWeights({ W }), badArgument(/no name for weights/));
  t.throws(() => layer.setWeights(untyped(null)), badArgument(/tensors by name for weights but received null/));
  transferAway(B.data);
  t.throws(
    () => layer.setWeights({ W, B }),
    badArgument(/a tensor with its memory for fully connected B but received 'a detached buffer'/),
  );
  t.deepEqual(layer.weights.W!.toArray(), before);
});

test('a layer that has lost the memory of its bias › nothing is changed, and no file written', async (t) => {
  const folder = await temporaryFolder(t);
  const W = Tensor.zeros([2, 2]);
  const layer = new FullyConnectedLayer(2, 2);
  await layer.saveWeights(folder, 'layer');
  const before = layer.weights.W!.toArray();
  transferAway(layer.weights.B!.data);
  const lost = badArgument(/a tensor with its memory for the layer's B but received 'a detached buffer'/);
  t.throws(() => layer.setWeights({ W, B: Tensor.zeros([1, 2]) }), lost);
  await t.throwsAsync(layer.loadWeights(folder, 'layer'), lost);
  await t.throwsAsync(layer.saveWeights(folder, 'other'), lost);
  t.throws(() => empty().addLayer(layer), lost);
  t.throws(() => empty().addLayer(layer), lost); // it is in no net yet
  t.deepEqual(layer.weights.W!.toArray(), before);
  t.deepEqual(await readdir(folder), ['layer.npz']);
});

test('summary', (t) => {
  const net = classifier(784, 10);
  const rule = '-'.repeat(57);
  t.is(
    net.summary(),
    [
      'classifier (rows of 784)',
      rule,
      'layer    kind             output  parameters  FLOPs a row',
      rule,
      'fc1      fully connected      10       7,850       15,680',
      'softmax  softmax              10           0            0',
      rule,
      '7,850 parameters, 15,680 FLOPs a row',
    ].join('\n'),
  );
});

test('summary › of a net that takes rows of any size, and of none', (t) => {
  t.regex(empty().addLayer(new ActivationLayer('relu')).summary(), /^test net\n-+\n.*\n-+\nrelu-1 +relu +\? +0 +\?\n/);
  t.regex(empty().summary(), /0 parameters$/);
});

test('a net without layers', async (t) => {
  const net = empty();
  const x = Tensor.from([[1]]);
  const noLayers = badArgument(/at least one layer for the net but received 'none'/);
  for (const call of [
    () => net.forward(x),
    () => net.inference(x),
    () => net.test(x, x),
    () => net.trainOnBatch(x, x),
  ]) {
    t.throws(call, noLayers);
  }
  await t.throwsAsync(net.inferenceAsync(x), noLayers);
  await t.throwsAsync(net.train(fittingReader(4, 2)), noLayers);
});

test('a last layer that does not belong to the type of net', async (t) => {
  const x = Tensor.from([[1, 2]]);
  const build = (netType: 'fitting' | 'binaryClassifier' | 'multipleClassifier', kind?: 'softmax' | 'sigmoid') => {
    const net = new NeuralNet(new HyperParameters({ netType }), 'n').addLayer(new FullyConnectedLayer(2, 2), 'fc');
    return kind ? net.addLayer(new ClassificationLayer(kind), 'c') : net;
  };
  const cases = [
    [
      build('fitting', 'softmax'),
      /no ClassificationLayer for the last layer of a net for 'fitting' .*'softmax \('c'\)'/,
    ],
    [build('binaryClassifier'), /ClassificationLayer\('sigmoid'\) .* 'binaryClassifier' .*'fully connected \('fc'\)'/],
    [build('binaryClassifier', 'softmax'), /ClassificationLayer\('sigmoid'\) for the last layer/],
    [build('multipleClassifier'), /ClassificationLayer\('softmax'\) for the last layer/],
    [build('multipleClassifier', 'sigmoid'), /ClassificationLayer\('softmax'\) for the last layer/],
  ] as const;
  for (const [net, message] of cases) {
    t.throws(() => net.trainOnBatch(x, x), badArgument(message));
    t.throws(() => net.test(x, x), badArgument(message));
    await t.throwsAsync(net.train(DataReader.fromTensors({ xTrain: x, yTrain: x })), badArgument(message));
  }
});

test('a net that begins with an activation meets a wrong width at train', async (t) => {
  const net = empty().addLayer(new ActivationLayer('tanh'), 'first').addLayer(new FullyConnectedLayer(3, 1), 'fc');
  await t.throwsAsync(
    net.train(fittingReader(8, 2)),
    shapeMismatch(/rows of 3 numbers for input but received rows of shape \[2\] at layer 'fc', from layer 'first'/),
  );
  await t.notThrowsAsync(net.train(fittingReader(8, 3)));
});
