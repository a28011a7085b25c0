import { join } from 'node:path';
import test from 'ava';
import {
  type AnyTensor,
  ClassificationLayer,
  createLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  input,
  NeuralNet,
  SparseFullyConnectedLayer,
  Tensor,
} from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { checkClaims, differences, randomTensor, sumOf, type Tolerance } from '../support/numerics.js';

const [rows, inputs, length, outputs] = [12, 200, 6, 4];
const exact: Tolerance = { rtol: 1e-9, atol: 1e-12 };

/** Numbers in no order, and values of which every third is 0. */
function sparse(): readonly [numbers: AnyTensor, values: Tensor] {
  const numbers = Int32Array.from({ length: rows * length }, (_, i) => (i * i * 31 + 7 * i) % inputs);
  const values = randomTensor([rows, length], 3);
  values.data.forEach((_, i) => {
    if (i % 3 === 0) values.data[i] = 0;
  });
  return [Tensor.from(numbers, [rows, length]), values];
}

/** The same rows with their zeros. */
function dense([numbers, values]: readonly [AnyTensor, Tensor]): Tensor {
  const x = Tensor.zeros([rows, inputs], 'float64');
  numbers.data.forEach((number, i) => {
    x.data[Math.floor(i / length) * inputs + number]! += values.data[i]!;
  });
  return x;
}

const float64 = { dtype: 'float64' } as const;

for (const options of [{}, { activation: 'tanh' }, { useBias: false }] as const) {
  test(`the same numbers as a FullyConnectedLayer's, and gradients ${JSON.stringify(options)}`, (t) => {
    const layer = new SparseFullyConnectedLayer(inputs, outputs, { ...float64, ...options });
    const twin = new FullyConnectedLayer(inputs, outputs, { ...float64, ...options });
    t.deepEqual(layer.weights.W!.data, twin.weights.W!.data, 'the initial weights');
    if (layer.weights.B) layer.setWeights({ B: randomTensor([1, outputs], 5) });
    twin.setWeights(layer.weights);
    const x = sparse();
    const y = layer.forward(x);
    t.deepEqual(differences(y.data, twin.forward(dense(x)).data, exact), []);
    const c = randomTensor(y.shape, 1);
    t.is(layer.backward(c), null);
    twin.backward(c);
    for (const [name, { data }] of Object.entries(twin.gradients)) {
      t.deepEqual(differences(layer.gradients[name]!.data, data, exact, name), []);
    }
    const claims = Object.entries(layer.gradients).map(([name, { data }]) => {
      return { name, values: layer.weights[name]!.data, gradient: data.slice() };
    });
    t.deepEqual(
      checkClaims(() => sumOf(layer.forward(x).data, (value, i) => c.data[i]! * value), claims),
      [],
    );
  });
}

test('without values, each number but 0 counts as 1', (t) => {
  const layer = new SparseFullyConnectedLayer(5, 2, float64);
  const numbers = Tensor.from([3, 1, 0, 4, 4, 0], [2, 3], 'int32');
  const values = Tensor.from([1, 1, 0, 1, 1, 0], [2, 3], 'float64');
  t.deepEqual(layer.forward(numbers).data, layer.forward([numbers, values]).data);
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(
    new SparseFullyConnectedLayer(5, 2),
  );
  t.deepEqual(net.inference(numbers).shape, [2, 2]);
  t.is(net.inputs[0]!.dtype, 'int32');
});

test('numbers and values may have further dimensions', (t) => {
  const layer = new SparseFullyConnectedLayer(inputs, outputs, float64);
  const [numbers, values] = sparse();
  const y = layer.forward([numbers, values]);
  const shape = [3, 4, length];
  const deep = layer.forward([Tensor.from(numbers.data as Int32Array, shape), values.reshape(shape)]);
  t.deepEqual(deep.shape, [3, 4, outputs]);
  t.deepEqual(deep.data, y.data);
});

/** A net of the sparse layer or of its twin, with an output for each row. */
function netOf(isSparse: boolean, optimizer: 'sgd' | 'adam' | 'momentum', lazy = false): NeuralNet {
  const params = new HyperParameters({
    ...{ netType: 'binaryClassifier', dtype: 'float64', optimizer, learningRate: 0.05, batchSize: 5, maxEpoch: 8 },
    seed: 4,
  });
  const nodes = isSparse
    ? [input([length], { name: 'words', dtype: 'int32' }), input([length], { name: 'weights' })]
    : [input([inputs], { name: 'x' })];
  const first = isSparse
    ? new SparseFullyConnectedLayer(inputs, outputs, { activation: 'relu', lazy })
    : new FullyConnectedLayer(inputs, outputs, { activation: 'relu' });
  const hidden = new FullyConnectedLayer(1).apply(first.apply(nodes, 'first'), 'last');
  return NeuralNet.fromGraph(
    { inputs: nodes, outputs: [new ClassificationLayer('sigmoid').apply(hidden)] },
    params,
    'net',
  );
}

const labels = () =>
  Tensor.from(
    Float64Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 1 : 0)),
    [rows, 1],
  );
const named = () => {
  const [words, weights] = sparse();
  return { words, weights };
};

for (const optimizer of ['sgd', 'adam', 'momentum'] as const) {
  test(`training gives the weights of a net with all zeros › ${optimizer}`, async (t) => {
    const [net, twin] = [netOf(true, optimizer), netOf(false, optimizer)];
    await net.train(DataReader.fromTensors({ xTrain: named(), yTrain: labels() }), { shuffle: false });
    await twin.train(DataReader.fromTensors({ xTrain: { x: dense(sparse()) }, yTrain: labels() }), { shuffle: false });
    for (const name of ['first', 'last']) {
      for (const [key, { data }] of Object.entries(twin.getLayer(name).weights)) {
        t.deepEqual(differences(net.getLayer(name).weights[key]!.data, data, exact, `${name} ${key}`), []);
      }
    }
    t.deepEqual(differences(net.inference(named()).data, twin.inference({ x: dense(sparse()) }).data, exact), []);
  });
}

test('a trained net is saved and loaded, and its config makes the same layer', async (t) => {
  const net = netOf(true, 'adam', true);
  await net.train(DataReader.fromTensors({ xTrain: named(), yTrain: labels() }));
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(loaded.inference(named()).data, net.inference(named()).data);
  const { config } = loaded.getLayer('first');
  const expected = { type: 'SparseFullyConnectedLayer', inputs, outputs, lazy: true, activation: { name: 'relu' } };
  t.deepEqual(config, expected);
  t.deepEqual(createLayer(config!).config, expected);
  t.deepEqual(new SparseFullyConnectedLayer(3, 2).config, { type: 'SparseFullyConnectedLayer', inputs: 3, outputs: 2 });
});

test('bad sizes, options and rows are refused', (t) => {
  for (const [args, message] of [
    [[0, 3], /a whole number from 1 .* for inputs but received 0/],
    [[5, 1.5], /for outputs but received 1.5/],
    [[5, 3, { lazy: 1 }], /true or false for lazy but received 1/],
    [[5, 3, { useBias: 1 }], /true or false for useBias/],
    [[5, 3, { maskZero: true }], /received '?maskZero/],
    [[5, 3, null], /for options but received null/],
  ] as const) {
    t.throws(() => new SparseFullyConnectedLayer(...untyped<[number, number]>(args)), badArgument(message));
  }
  const layer = new SparseFullyConnectedLayer(5, 2);
  const numbers = (values: readonly number[]) => Tensor.from([...values], [1, values.length], 'int32');
  t.throws(
    () => layer.forward(numbers([0, 5])),
    badArgument(/^Expected whole numbers from 0 to 4 for x but received 5$/),
  );
  t.throws(() => layer.forward(numbers([-1])), badArgument(/from 0 to 4 for x but received -1/));
  t.throws(
    () => layer.forward([numbers([0, 1]), Tensor.zeros([1, 3])]),
    shapeMismatch(/^Expected rows of shape \[2\] for input 2/),
  );
  t.throws(() => layer.forward([numbers([0]), numbers([0])]), badArgument(/x/));
  t.throws(() => layer.forward(untyped(Tensor.zeros([1, 2]))), badArgument(/^Expected an int32 tensor for x/));
  t.throws(
    () => layer.forward(Tensor.from([1], [1], 'int32')),
    shapeMismatch(/rows of shape \[.., length\] for input 1/),
  );
  t.throws(() => layer.apply(input([3])), badArgument(/an int32 node for input 1 of sparse fully connected/));
  const [words, weights] = [input([3], { dtype: 'int32' }), input([2])];
  t.throws(() => layer.apply([words, weights]), shapeMismatch(/^Expected rows of shape \[3\] for input 2/));
});
