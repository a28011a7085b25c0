import test from 'ava';
import { BlasnetError, createOptimizer, type FloatArray, type OptimizerName } from 'blasnet';
import { differences, uniforms } from '../support/numerics.js';

for (const Numbers of [Float32Array, Float64Array]) {
  test(`sgd changes a ${Numbers.name} in place: θ ← θ − ηg`, (t) => {
    const theta = Numbers.of(1, -2, 0, 8);
    const gradient = Numbers.of(2, -4, 1, 0);
    t.is(createOptimizer('sgd', { learningRate: 0.25 }).update(theta, gradient), undefined);
    t.deepEqual(theta, Numbers.of(0.5, -1, -0.25, 8));
    t.deepEqual(gradient, Numbers.of(2, -4, 1, 0));
  });

  test(`sgd on every length of a ${Numbers.name} touches all of it and nothing beside it`, (t) => {
    for (const length of [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 16383, 16384, 16385, 40001]) {
      // Multiples of 1/64 times 1/8 are exact.
      const wholes = uniforms(2 * length + 2, length, -100, 100).map(Math.round);
      const memory = new Numbers(wholes.subarray(0, length + 2).map((whole) => whole / 64));
      const gradient = new Numbers(wholes.subarray(length + 2).map((whole) => whole / 64));
      const expected = memory.slice();
      gradient.forEach((value, i) => {
        expected[i + 1]! -= value / 8;
      });
      createOptimizer('sgd', { learningRate: 1 / 8 }).update(memory.subarray(1, length + 1), gradient);
      t.deepEqual(memory, expected, `${length}`);
    }
  });

  test(`sgd on random ${Numbers.name}s rounds no more than it must`, (t) => {
    const unit = Numbers === Float32Array ? 2 ** -23 : 2 ** -52;
    const [theta, gradient] = [new Numbers(uniforms(1001, 1)), new Numbers(uniforms(1001, 2))];
    const expected = Float64Array.from(theta, (value, i) => value - 0.3 * gradient[i]!);
    createOptimizer('sgd', { learningRate: 0.3 }).update(theta, gradient);
    t.deepEqual(differences(theta, expected, { rtol: unit, atol: unit }), []);
  });
}

test('steps add up, and preUpdate changes nothing', (t) => {
  const optimizer = createOptimizer('sgd', { learningRate: 0.5 });
  t.is(optimizer.name, 'sgd');
  t.is(optimizer.learningRate, 0.5);
  const theta = Float64Array.of(4, 4);
  // The gradient of θ²/2 is θ: each step halves it.
  for (let i = 0; i < 10; i++) {
    const before = theta.slice();
    optimizer.preUpdate(theta);
    t.deepEqual(theta, before);
    optimizer.update(theta, theta.slice());
  }
  t.deepEqual(theta, Float64Array.of(4 / 1024, 4 / 1024));
});

test('the learning rate is 0.1 unless given', (t) => {
  t.is(createOptimizer('sgd').learningRate, 0.1);
  const theta = Float64Array.of(1);
  createOptimizer('sgd').update(theta, Float64Array.of(10));
  t.deepEqual(differences(theta, [0], { rtol: 0, atol: 1e-16 }), []);
});

test('a gradient of another length or dtype is refused, and θ stays as it was', (t) => {
  const theta = Float32Array.of(1, 2, 3);
  const refusal = (gradient: FloatArray) =>
    t.throws(() => createOptimizer('sgd').update(theta, gradient), { instanceOf: BlasnetError })?.code;
  t.is(refusal(Float32Array.of(1, 2)), 'ERR_SHAPE_MISMATCH');
  t.is(refusal(Float32Array.of(1, 2, 3, 4)), 'ERR_SHAPE_MISMATCH');
  t.is(refusal(Float64Array.of(1, 2, 3)), 'ERR_BAD_ARGUMENT');
  t.deepEqual(theta, Float32Array.of(1, 2, 3));
});

test('learning rates that are not above 0, and unknown names, are refused', (t) => {
  for (const learningRate of [0, -0.1, Number.NaN, Infinity, '0.1' as unknown as number, null as unknown as number]) {
    const error = t.throws(() => createOptimizer('sgd', { learningRate }), { instanceOf: BlasnetError });
    t.is(error?.code, 'ERR_BAD_ARGUMENT');
    t.regex(error!.message, /^Expected .* for learningRate but received /);
  }
  for (const name of ['SGD', 'toString', '', undefined]) {
    const error = t.throws(() => createOptimizer(name as OptimizerName), { instanceOf: BlasnetError });
    t.is(error?.code, 'ERR_BAD_ARGUMENT');
    t.regex(error!.message, /^Expected .*'sgd'.* for optimizer but received /);
  }
});
