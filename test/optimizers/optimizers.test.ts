// What all optimizers share; their numbers are compared with references in test/numerics.
import test from 'ava';
import { createOptimizer, HyperParameters, type NeuralNet, type OptimizerName, Tensor } from 'blasnet';
import * as rules from '#blasnet/optimizers/rules/index';
import { badArgument, notFinite, untyped } from '../support/errors.js';
import { fittingNet, weightsOf } from '../support/nets.js';
import { differences, randomTensor, uniforms } from '../support/numerics.js';

const names: OptimizerName[] = Object.values(rules).map(({ id }) => id);

for (const name of names) {
  test(`${name} comes closer to the minimum of Σ θ²`, (t) => {
    const optimizer = createOptimizer(name, { learningRate: 0.1 });
    const theta = uniforms(33, 1, 1, 2);
    const start = theta.slice();
    for (let i = 0; i < 50; i++) {
      optimizer.preUpdate(theta);
      optimizer.update(
        theta,
        theta.map((value) => 2 * value),
      );
    }
    theta.forEach((value, i) => {
      t.true(Math.abs(value) < start[i]!);
    });
  });

  test(`${name} remembers by the memory of θ: views of it share, other arrays do not`, (t) => {
    const [optimizer, reference] = [createOptimizer(name), createOptimizer(name)];
    const memory = uniforms(20, 2);
    const expected = memory.slice(0, 10);
    const gradient = uniforms(10, 3);
    for (let i = 0; i < 5; i++) {
      optimizer.update(memory.subarray(0, 10), gradient);
      optimizer.update(memory.subarray(10), gradient.slice().reverse());
      reference.update(expected, gradient);
    }
    t.deepEqual(memory.slice(0, 10), expected);
  });

  test(`${name} in float32 follows float64`, (t) => {
    const theta = uniforms(100, 4);
    const narrow = Float32Array.from(theta);
    const [wide, single] = [createOptimizer(name), createOptimizer(name)];
    for (let i = 0; i < 10; i++) {
      const gradient = uniforms(100, 5 + i);
      wide.update(theta, gradient);
      single.update(narrow, Float32Array.from(gradient));
    }
    t.deepEqual(differences(narrow, theta, { rtol: 1e-4, atol: 1e-5 }), []);
  });
}

test('update and preUpdate refuse lists and tensors', (t) => {
  const floats = Float64Array.of(1);
  for (const name of ['sgd', 'nag', 'adam'] as const) {
    const optimizer = createOptimizer(name);
    for (const value of [[1], Tensor.from([1]), Int32Array.of(1), undefined, null, 1]) {
      const expected = badArgument(/^Expected a Float32Array or Float64Array for theta but received/);
      t.throws(() => optimizer.update(untyped(value), floats), expected);
      t.throws(() => optimizer.preUpdate(untyped(value)), expected);
      t.throws(() => optimizer.update(floats, untyped(value)), badArgument(/Float64Array for gradient but received/));
    }
  }
  t.deepEqual(floats, Float64Array.of(1));
});

test('nag moves ahead once, and update brings θ back first', (t) => {
  const optimizer = createOptimizer('nag', { learningRate: 1, momentum: 0.5 });
  const theta = Float64Array.of(8);
  optimizer.update(theta, Float64Array.of(4)); // v = 4, θ = 4
  t.deepEqual(theta, Float64Array.of(4));
  optimizer.preUpdate(theta);
  t.deepEqual(theta, Float64Array.of(2)); // 4 − 0.5 · 4
  optimizer.preUpdate(theta);
  t.deepEqual(theta, Float64Array.of(2));
  optimizer.update(theta, Float64Array.of(1)); // v = 3, θ = 4 − 3
  t.deepEqual(theta, Float64Array.of(1));
});

test('preUpdateWeights has nag take the gradient ahead, while the weights stay where they are', (t) => {
  const make = () => fittingNet([3, 4, 1], { optimizer: 'nag', dtype: 'float64', seed: 6 });
  const [prepared, plain] = [make(), make()];
  const [x, y] = [randomTensor([10, 3], 1), randomTensor([10, 1], 2)];
  prepared.trainOnBatch(x, y);
  plain.trainOnBatch(x, y);
  const before = weightsOf(prepared);
  const outputs = prepared.forward(x, false).toArray();
  prepared.preUpdateWeights();
  prepared.preUpdateWeights();
  t.deepEqual(weightsOf(prepared), before);
  t.notDeepEqual(prepared.forward(x).toArray(), outputs);
  prepared.backward(y);
  t.deepEqual(weightsOf(prepared), before);
  t.deepEqual(prepared.inference(x).toArray(), outputs);
  prepared.updateWeights();
  plain.trainOnBatch(x, y);
  t.deepEqual(weightsOf(prepared), weightsOf(plain));
  t.deepEqual(prepared.forward(x).toArray(), prepared.inference(x).toArray()); // no longer ahead
});

test('a step of nag whose loss is lost leaves the weights where they were, and the next one goes on', (t) => {
  const [net, reference] = [1, 2].map(() => fittingNet([3, 4, 1], { optimizer: 'nag', dtype: 'float64', seed: 6 })) as [
    NeuralNet,
    NeuralNet,
  ];
  const [x, y] = [randomTensor([10, 3], 1), randomTensor([10, 1], 2)];
  const lost = Tensor.from(
    y.data.map(() => 1e200),
    y.shape,
  );
  for (let i = 0; i < 3; i++) {
    net.trainOnBatch(x, y);
    reference.trainOnBatch(x, y);
    t.throws(() => net.trainOnBatch(x, lost), notFinite(/a finite loss/));
    t.deepEqual(weightsOf(net), weightsOf(reference));
  }
});

test('adam counts the steps of a net, not its tensors: its first step is η · sign(g) everywhere', (t) => {
  const net = fittingNet([3, 4, 4, 1], { optimizer: 'adam', learningRate: 0.125, dtype: 'float64', seed: 6 });
  const start = weightsOf(net);
  net.trainOnBatch(randomTensor([10, 3], 1), randomTensor([10, 1], 2));
  const gradients = net.layers.flatMap((layer) => Object.values(layer.gradients).flatMap(({ data }) => [...data]));
  const expected = start.map((value, i) => value - 0.125 * Math.sign(gradients[i]!));
  t.true(gradients.filter((value) => value !== 0).length > 20);
  t.deepEqual(differences(weightsOf(net), expected, { rtol: 0, atol: 1e-5 }), []);
});

test('constants: out of range, of another optimizer, of another type', (t) => {
  t.throws(
    () => createOptimizer('momentum', { momentum: 1 }),
    badArgument(/^Expected a number from 0 to below 1 for momentum's momentum but received 1/),
  );
  t.throws(() => createOptimizer('adam', { epsilon: 0 }), badArgument(/a finite number above 0 for adam's epsilon/));
  t.throws(() => createOptimizer('adamW', { weightDecay: -1 }), badArgument(/≥ 0 for adamW's weightDecay .* -1/));
  t.throws(() => createOptimizer('sgd', { momentum: 0.9 }), badArgument(/no constants for sgd .* 'momentum'/));
  t.throws(() => createOptimizer('rmsProp', untyped({ decay: '0.9' })), badArgument(/for rmsProp's decay .* '0.9'/));
});

test('a dtype that was asked for is checked', (t) => {
  const optimizer = createOptimizer('adam', { dtype: 'float64' });
  const narrow = Float32Array.of(1);
  t.throws(
    () => optimizer.update(narrow, narrow),
    badArgument(/a float64 array for theta but received 'a float32 one'/),
  );
  t.throws(() => createOptimizer('adam', untyped({ dtype: 'float16' })), badArgument(/for dtype/));
});

test('an epsilon that is 0 in float32 is refused for float32, where 0/0 would follow, and not for float64', (t) => {
  const message = /^Expected at least 1.17\d+e-38, as float32 needs, for (\w+)'s epsilon but received 1e-(50|40)$/;
  for (const name of ['rmsProp', 'adaDelta', 'adaGrad', 'adam', 'adamW', 'amsGrad'] as const) {
    // Kernels take denormal numbers for 0.
    for (const epsilon of [1e-50, 1e-40])
      t.throws(() => createOptimizer(name, { epsilon, dtype: 'float32' }), badArgument(message));
    const params = { netType: 'fitting', optimizer: { name, epsilon: 1e-50 } } as const;
    t.throws(() => new HyperParameters(params), badArgument(message));
    t.is(new HyperParameters({ ...params, dtype: 'float64' }).dtype, 'float64');
    const either = createOptimizer(name, { epsilon: 1e-50 });
    const single = Float32Array.of(1, 2);
    t.throws(() => either.update(single, new Float32Array(2)), badArgument(message));
    t.deepEqual(single, Float32Array.of(1, 2));
    const double = Float64Array.of(1, 2);
    either.update(double, new Float64Array(2));
    t.true(double.every(Number.isFinite), `${name}: ${double}`);
    const least = createOptimizer(name, { epsilon: 2 ** -126, dtype: 'float32' });
    least.update(single, new Float32Array(2));
    t.true(single.every(Number.isFinite), `${name}: ${single}`);
  }
});
