import { join } from 'node:path';
import test from 'ava';
import {
  BatchNormLayer,
  type BatchNormOptions,
  DataReader,
  type DType,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { readNpz } from '#blasnet/npz/npz';
import { badArgument, badFile, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingReader, rowsOfNumbers, weightsOf } from '../support/nets.js';
import {
  differences,
  gradientCheck,
  type Numbers,
  netGradientCheck,
  randomTensor,
  readReference,
  tensorOf,
} from '../support/numerics.js';

type Arrays = 'gamma' | 'beta' | 'before' | 'x' | 'delta' | 'y' | 'dx' | 'dgamma' | 'dbeta' | 'mean' | 'var';
type Case = { readonly momentum: number; readonly epsilon: number } & Record<Arrays | 'predicted', Numbers>;

/** Numbers are of the order of 1, differences of such numbers included. */
const tolerances = { float64: { rtol: 1e-11, atol: 1e-12 }, float32: { rtol: 2e-5, atol: 2e-5 } } as const;

for (const dtype of ['float64', 'float32'] as const) {
  test(`agrees with PyTorch in training and inference, ${dtype}`, async (t) => {
    const cases = await readReference<Case[]>('batch_norm');
    t.is(cases.length, 8);
    for (const { momentum, epsilon, gamma, beta, before, x, delta, ...expected } of cases) {
      const channelsFirst = x.shape.length === 3;
      const layer = new BatchNormLayer(gamma.data.length, { momentum, epsilon, dtype, channelsFirst });
      layer.setWeights({ gamma: tensorOf(gamma, dtype), beta: tensorOf(beta, dtype) });
      layer.forward(tensorOf(before, dtype));
      const y = layer.forward(tensorOf(x, dtype));
      const dx = layer.backward(tensorOf(delta, dtype))!;
      const { gamma: dgamma, beta: dbeta } = layer.gradients;
      const { mean, var: variance } = layer.weights;
      const predicted = layer.forward(tensorOf(x, dtype), false);
      const actual = { y, dx, dgamma, dbeta, mean, var: variance, predicted };
      for (const [name, tensor] of Object.entries(actual)) {
        const { shape, data } = expected[name as keyof typeof expected];
        t.deepEqual(tensor!.shape, shape, name);
        t.is(tensor!.dtype, dtype);
        t.deepEqual(differences(tensor!.data, data, tolerances[dtype], `${x.shape} ${name}`), []);
      }
    }
  });
}

const shapes = [
  [2, 1],
  [3, 7],
  [9, 17],
  [70, 5],
  [1, 3, 2, 2],
  [4, 3, 3, 5],
  [2, 5, 1, 1],
  [3, 2, 9],
] as const;

for (const shape of shapes) {
  test(`gradients of ${shape.join('×')} agree with differences`, (t) => {
    const layer = new BatchNormLayer(shape[1], { dtype: 'float64', channelsFirst: true });
    layer.setWeights({ gamma: randomTensor([shape[1]], 1, 0.5, 1.5), beta: randomTensor([shape[1]], 2) });
    t.deepEqual(gradientCheck(layer, randomTensor(shape, 3, -2, 2)), []);
  });
}

/** A net with batch norm first, where no input delta is asked for, and between layers. */
function netWith({ first, dtype = 'float32' }: { readonly first: boolean; readonly dtype?: DType }): NeuralNet {
  const params = new HyperParameters({ netType: 'fitting', maxEpoch: 5, batchSize: 16, seed: 3, dtype });
  const net = new NeuralNet(params, 'net');
  if (first) net.addLayer(new BatchNormLayer(4), 'bn0');
  return net
    .addLayer(new FullyConnectedLayer(4, 9), 'fc1')
    .addLayer(new BatchNormLayer(9), 'bn1')
    .addLayer(new FullyConnectedLayer(9, 1), 'fc2');
}

for (const first of [true, false]) {
  test(`gradients in a net agree with differences, ${first ? 'first layer too' : 'inner layer'}`, (t) => {
    const net = netWith({ first, dtype: 'float64' });
    t.deepEqual(netGradientCheck(net, randomTensor([7, 4], 5), randomTensor([7, 1], 6)), []);
  });
}

test('begins with gamma 1, beta 0, mean 0, var 1; has gradients of what is trained', (t) => {
  const layer = new BatchNormLayer(2);
  const values = Object.fromEntries(Object.entries(layer.weights).map(([name, { data }]) => [name, [...data]]));
  t.deepEqual(values, { gamma: [1, 1], beta: [0, 0], mean: [0, 0], var: [1, 1] });
  t.deepEqual(Object.keys(layer.gradients), ['gamma', 'beta']);
});

test('running statistics: known values, in training only', (t) => {
  const layer = new BatchNormLayer(1, { momentum: 0.75, dtype: 'float64' });
  const x = Tensor.from([[1], [3]], undefined, 'float64'); // mean 2, biased variance 1
  layer.forward(x, false);
  t.deepEqual(layer.weights.mean!.toArray(), [0]);
  layer.forward(x);
  t.deepEqual(layer.weights.mean!.toArray(), [0.5]);
  t.deepEqual(layer.weights.var!.toArray(), [1]);
  layer.forward(Tensor.from([[0], [8]], undefined, 'float64')); // mean 4, variance 16
  t.deepEqual(layer.weights.mean!.toArray(), [1.375]);
  t.deepEqual(layer.weights.var!.toArray(), [4.75]);
});

test('a batch of one row comes out as beta', (t) => {
  const layer = new BatchNormLayer(3);
  layer.setWeights({ beta: Tensor.from([5, 6, 7]) });
  t.deepEqual(layer.forward(Tensor.from([[1e6, -2, 0.3]])).toArray(), [[5, 6, 7]]);
  t.deepEqual(layer.backward(Tensor.from([[1, 2, 3]]))!.toArray(), [[0, 0, 0]]);
  t.deepEqual(layer.gradients.beta!.toArray(), [1, 2, 3]);
});

test('update trains gamma and beta alone', (t) => {
  const layer = new BatchNormLayer(1, { momentum: 1, dtype: 'float64' });
  layer.forward(Tensor.from([[-1], [1]], undefined, 'float64'));
  layer.backward(Tensor.from([[1], [3]], undefined, 'float64'));
  const { gamma, beta } = layer.gradients;
  t.deepEqual(beta!.toArray(), [4]);
  t.deepEqual(differences(gamma!.data, [2 / Math.sqrt(1 + 1e-5)], { rtol: 1e-14 }), []);
  layer.update();
  const { gamma: newGamma, beta: newBeta, mean, var: variance } = layer.weights;
  t.true(newGamma!.data[0]! < 1);
  t.true(newBeta!.data[0]! < 0);
  t.deepEqual([mean!.data[0], variance!.data[0]], [0, 1]);
});

test('saveWeights and loadWeights › gamma, beta, mean and var, bit for bit', async (t) => {
  const folder = await temporaryFolder(t);
  const layer = new BatchNormLayer(5);
  layer.setWeights({ gamma: rowsOfNumbers(1, 5, 1), beta: rowsOfNumbers(1, 5, 2) });
  layer.forward(rowsOfNumbers(9, 5));
  await layer.saveWeights(folder, 'bn');
  const arrays = await readNpz(join(folder, 'bn.npz'));
  t.deepEqual(Object.keys(arrays), ['gamma', 'beta', 'mean', 'var']);
  t.deepEqual(arrays.mean!.shape, [5]);
  const other = new BatchNormLayer(5);
  await other.loadWeights(folder, 'bn');
  for (const [name, { data }] of Object.entries(layer.weights)) t.deepEqual(other.weights[name]!.data, data, name);
  const x = rowsOfNumbers(3, 5, 4);
  t.deepEqual(other.forward(x, false).data, layer.forward(x, false).data);
  await t.throwsAsync(new BatchNormLayer(6).loadWeights(folder, 'bn'), shapeMismatch(/shape \[6\] for 'gamma' in/));
  await t.throwsAsync(new FullyConnectedLayer(5, 5).loadWeights(folder, 'bn'), badFile(/'weights' in/));
});

for (const first of [true, false]) {
  test(`net.train › running statistics come of the training batches alone, ${first ? 'first' : 'inner'} layer`, async (t) => {
    const net = netWith({ first });
    const reader = fittingReader(50, 4);
    reader.generateValidationSet(5);
    const [before] = (await net.train(reader, { checkpoint: 1 })).records;
    const { mean, var: variance } = net.getLayer('bn1').weights;
    t.true([...mean!.data, ...variance!.data].every((value) => Number.isFinite(value) && value !== 0 && value !== 1));
    const weights = weightsOf(net);
    const x = rowsOfNumbers(300, 4, 7);
    const predicted = net.inference(x);
    net.test(x, Tensor.zeros([300, 1]));
    t.deepEqual(weightsOf(net), weights);
    t.deepEqual(predicted.data, net.forward(x, false).data);
    // A row's prediction hangs on no other row.
    t.deepEqual(net.inference(Tensor.from(x.data.slice(0, 4), [1, 4])).data, predicted.data.slice(0, 1));
    t.true((await net.train(reader, { checkpoint: 1 })).records.at(-1)!.lossTrain < before!.lossTrain);
  });
}

test('net.train › records what the layers compute one by one', async (t) => {
  const options = { first: true, dtype: 'float64' } as const;
  const [replayed, eager] = [netWith(options), netWith(options)];
  const x = rowsOfNumbers(40, 4).clone('float64');
  const y = rowsOfNumbers(40, 1, 2).clone('float64');
  await replayed.train(DataReader.fromTensors({ xTrain: x, yTrain: y }), { shuffle: false });
  for (let epoch = 0; epoch < 5; epoch++) {
    for (const [begin, end] of [
      [0, 16],
      [16, 32],
      [32, 40],
    ] as const) {
      eager.forward(Tensor.from(x.data.slice(4 * begin, 4 * end), [end - begin, 4]));
      eager.backward(Tensor.from(y.data.slice(begin, end), [end - begin, 1]));
      eager.updateWeights();
    }
  }
  t.deepEqual(weightsOf(replayed), weightsOf(eager));
});

test('summary › counts all four, and says which are not trained', (t) => {
  const summary = netWith({ first: false }).summary();
  t.regex(summary, /^bn1 +batch norm +9 +36 +18$/m);
  t.regex(summary, /^91 parameters, 18 of them not trained, 108 FLOPs a row$/m); // (4·9 + 9) + 4·9 + (9 + 1)
});

test('bad arguments are refused', (t) => {
  for (const features of [0, -1, 1.5, '3', null, 2 ** 31]) {
    const expected = badArgument(/^Expected a whole number from 1 to 2147483647 for features but received/);
    t.throws(() => new BatchNormLayer(untyped(features)), expected);
  }
  const wrong: [BatchNormOptions, RegExp][] = [
    [{ momentum: -0.1 }, /a number in \[0, 1\] for momentum but received -0.1/],
    [{ momentum: 1.1 }, /momentum/],
    [{ momentum: untyped('0.9') }, /momentum/],
    [{ momentum: Number.NaN }, /momentum/],
    [{ epsilon: 0 }, /a finite number above 0 for epsilon but received 0/],
    [{ epsilon: -1 }, /epsilon/],
    [{ epsilon: Number.POSITIVE_INFINITY }, /epsilon/],
    [{ epsilon: untyped('1e-5') }, /epsilon/],
    [{ dtype: untyped('float16') }, /dtype/],
  ];
  for (const [options, message] of wrong) t.throws(() => new BatchNormLayer(3, options), badArgument(message));
});

test('an epsilon that is 0 in float32 is refused for float32, where a constant feature would become NaN', (t) => {
  const x = Tensor.from([[2], [2], [2]]);
  const message = /^Expected at least 1.17\d+e-38, as float32 needs, for epsilon but received 1e-(50|40)$/;
  for (const epsilon of [1e-50, 1e-40]) {
    t.throws(() => new BatchNormLayer(1, { epsilon }).forward(x), badArgument(message));
    const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
    t.throws(() => net.addLayer(new BatchNormLayer(1, { epsilon, dtype: 'float64' })), badArgument(message));
    t.deepEqual(net.layers, []);
  }
  t.deepEqual(new BatchNormLayer(1, { epsilon: 2 ** -126 }).forward(x).toArray(), [[0], [0], [0]]);
  const double = new BatchNormLayer(1, { epsilon: 1e-50, dtype: 'float64' });
  t.deepEqual(double.forward(x.clone('float64')).toArray(), [[0], [0], [0]]);
});

test('shapes that do not fit are refused', (t) => {
  const layer = new BatchNormLayer(3);
  t.throws(() => layer.forward(rowsOfNumbers(2, 4)), shapeMismatch(/rows of 3 features or channels for input/));
  t.throws(() => layer.forward(Tensor.zeros([2, 3, 4])), shapeMismatch(/received rows of shape \[3, 4\]/));
  t.throws(() => layer.forward(Tensor.zeros([2])), shapeMismatch(/features or channels/));
  t.throws(() => layer.forward(Tensor.zeros([0, 3])), badArgument(/rows of features that are all there/));
  t.throws(() => layer.forward(rowsOfNumbers(2, 3).clone('float64')), badArgument(/a float32 tensor for x/));
  t.throws(() => layer.backward(rowsOfNumbers(2, 3)), badArgument(/forward/));
  t.deepEqual(layer.weights.mean!.toArray(), [0, 0, 0]);
  layer.forward(rowsOfNumbers(2, 3));
  t.throws(
    () => layer.backward(rowsOfNumbers(3, 3)),
    shapeMismatch(/^Expected shape \[2, 3\] for delta but received \[3, 3\]$/),
  );
});
