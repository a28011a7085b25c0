import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  DropoutLayer,
  FullyConnectedLayer,
  getThreads,
  HyperParameters,
  type Layer,
  NeuralNet,
  setThreads,
  Tensor,
} from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';
import { fittingReader, rowsOfNumbers, weightsOf } from '../support/nets.js';
import { randomTensor } from '../support/numerics.js';

const ones = (...shape: number[]) => {
  const tensor = Tensor.zeros(shape, 'float64');
  tensor.data.fill(1);
  return tensor;
};

const droppedOf = ({ data }: Tensor) => [...data.keys()].filter((i) => data[i] === 0);

function netOf(layers: readonly Layer[], seed = 1): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64', seed }), 'net');
  for (const layer of layers) net.addLayer(layer);
  return net;
}

test('kept numbers are scaled by 1/(1 − rate), and so is their delta', (t) => {
  for (const shape of [
    [1, 1],
    [3, 7],
    [40, 50],
    [6, 2, 5, 3],
  ] as const) {
    const layer = new DropoutLayer(0.3);
    const x = randomTensor(shape, 1, 1, 2);
    const y = layer.forward(x);
    t.deepEqual(y.shape, shape);
    const dropped = new Set(droppedOf(y));
    const scale = 1 / (1 - 0.3);
    t.deepEqual(
      y.data,
      x.data.map((value, i) => (dropped.has(i) ? 0 : value * scale)),
    );
    const delta = randomTensor(shape, 2, 1, 2);
    t.deepEqual(
      layer.backward(delta)!.data,
      delta.data.map((value, i) => (dropped.has(i) ? 0 : value * scale)),
    );
  }
});

test('the share of numbers kept', (t) => {
  for (const rate of [0.1, 0.5, 0.8]) {
    const dropped = droppedOf(new DropoutLayer(rate).forward(ones(500, 200))).length;
    t.true(Math.abs(dropped - 1e5 * rate) < 4 * Math.sqrt(1e5 * rate * (1 - rate)), `${rate}: ${dropped}`);
  }
});

test('inference, and a rate of 0, hand x on', (t) => {
  const x = rowsOfNumbers(3, 4);
  const layer = new DropoutLayer(0.5);
  layer.forward(x);
  t.is(layer.forward(x, false), x);
  t.is(layer.backward(x), x);
  const none = new DropoutLayer(0);
  t.is(none.forward(x), x);
  t.is(none.backward(x), x);
});

test('each training pass of a layer alone has a mask of its own, the same in every run', (t) => {
  const [a, b] = [new DropoutLayer(0.5), new DropoutLayer(0.5)];
  const x = ones(10, 100);
  const masks = [1, 2, 3].map(() => [...a.forward(x).data]);
  t.notDeepEqual(masks[0], masks[1]);
  t.notDeepEqual(masks[1], masks[2]);
  t.notDeepEqual(masks[0], masks[2]);
  b.forward(x, false); // counts for nothing
  t.deepEqual(
    [1, 2, 3].map(() => [...b.forward(x).data]),
    masks,
  );
});

test('in a net the mask depends on the seed and on the place of the layer', (t) => {
  const x = ones(10, 100);
  const mask = (layers: readonly Layer[], seed: number) => droppedOf(netOf(layers, seed).forward(x));
  const identity = () => new ActivationLayer('identity');
  const first = mask([new DropoutLayer(0.5)], 1);
  t.deepEqual(mask([new DropoutLayer(0.5)], 1), first);
  t.notDeepEqual(mask([new DropoutLayer(0.5)], 2), first);
  t.notDeepEqual(mask([identity(), new DropoutLayer(0.5)], 1), first);
  // Two layers that drop half each leave a quarter, where their masks are independent.
  const dropped = mask([new DropoutLayer(0.5), new DropoutLayer(0.5)], 1).length;
  t.true(Math.abs(dropped - 750) < 4 * Math.sqrt(1000 * 0.75 * 0.25), `${dropped}`);
});

test('the mask is not drawn from the random words that made the weights', (t) => {
  // A uniform weight takes two words and is above 0 where the first is 2³¹ or more; such a word keeps a number, too.
  const initMethod = { name: 'normal', scaled: true, distribution: 'uniform' } as const;
  const fc = new FullyConnectedLayer(4, 500, { initMethod, dtype: 'float64' });
  netOf([fc]);
  const { data } = fc.weights.W!;
  const kept = netOf([new DropoutLayer(0.5)]).forward(ones(1, 2 * data.length));
  const same = data.filter((weight, i) => weight > 0 === kept.data[2 * i]! > 0).length;
  t.true(Math.abs(same - 1000) < 4 * Math.sqrt(2000 / 4), `${same}`);
});

/** Dropout and batch norm between layers large enough for tiles. */
function trainable(options: { readonly seed?: number; readonly maxEpoch?: number; readonly rate?: number } = {}) {
  const { rate = 0.4, ...rest } = options;
  const params = new HyperParameters({ netType: 'fitting', maxEpoch: 2, batchSize: 100, learningRate: 0.01, ...rest });
  return new NeuralNet(params, 'net')
    .addLayer(new FullyConnectedLayer(8, 400), 'fc1')
    .addLayer(new BatchNormLayer(400), 'bn')
    .addLayer(new ActivationLayer('relu'), 'relu')
    .addLayer(new DropoutLayer(rate), 'dropout')
    .addLayer(new FullyConnectedLayer(400, 1), 'fc2');
}

test.serial('net.train › the same bits for the same seed, whatever the threads', async (t) => {
  const before = getThreads();
  t.teardown(() => setThreads(before));
  const run = async (threads: number, options: Parameters<typeof trainable>[0]) => {
    setThreads(threads);
    const net = trainable(options);
    await net.train(fittingReader(250, 8));
    return weightsOf(net);
  };
  const one = await run(1, { seed: 1 });
  t.deepEqual(await run(2, { seed: 1 }), one);
  t.deepEqual(await run(3, { seed: 1 }), one);
  t.notDeepEqual(await run(2, { seed: 2 }), one);
  t.notDeepEqual(await run(2, { seed: 1, rate: 0 }), one);
});

test('net.train › masks go by the number of the step: eagerly, in one run or in two', async (t) => {
  const reader = fittingReader(250, 8);
  const whole = trainable();
  await whole.train(reader, { shuffle: false });
  const halves = trainable({ maxEpoch: 1 });
  await halves.train(reader, { shuffle: false });
  await halves.train(reader, { shuffle: false });
  t.deepEqual(weightsOf(halves), weightsOf(whole));
  const [eager, batches] = [trainable(), trainable()];
  for (let step = 0; step < 6; step++) {
    const [begin, end] = [
      [0, 100],
      [100, 200],
      [200, 250],
    ][step % 3] as [number, number];
    const x = Tensor.from(reader.xTrain.data.slice(8 * begin, 8 * end), [end - begin, 8]);
    const y = Tensor.from(reader.yTrain.data.slice(begin, end), [end - begin, 1]);
    batches.trainOnBatch(x, y);
    eager.forward(x);
    eager.backward(y);
    eager.updateWeights();
  }
  t.deepEqual(weightsOf(batches), weightsOf(whole));
  t.deepEqual(weightsOf(eager), weightsOf(whole));
});

test('in a net a step has one mask, and the next step another', (t) => {
  const net = netOf([new FullyConnectedLayer(50, 50), new DropoutLayer(0.5)]);
  const x = randomTensor([20, 50], 1);
  const first = droppedOf(net.forward(x));
  t.deepEqual(droppedOf(net.forward(x)), first);
  net.backward(ones(20, 50));
  net.updateWeights();
  t.notDeepEqual(droppedOf(net.forward(x)), first);
});

test('net.train › learns, and predicts without dropout', async (t) => {
  const net = trainable({ maxEpoch: 30 });
  const { records } = await net.train(fittingReader(500, 8));
  t.true(records.at(-1)!.lossTrain < records[0]!.lossTrain / 2);
  const x = rowsOfNumbers(50, 8);
  const predicted = net.inference(x);
  t.deepEqual(net.inference(x).data, predicted.data);
  t.deepEqual(net.forward(x, false).data, predicted.data);
});

test('summary › no parameters', (t) => {
  t.regex(trainable().summary(), /^dropout +dropout +400 +0 +0$/m);
});

test('rates outside [0, 1) are refused', (t) => {
  for (const rate of [1, -0.1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '0.5', undefined, null]) {
    t.throws(
      () => new DropoutLayer(untyped(rate)),
      badArgument(/^Expected a number in \[0, 1\) for rate but received/),
    );
  }
});
