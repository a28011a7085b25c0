import test from 'ava';
import { ActivationLayer, type ActivationOptions, activationNames, BlasnetError, Tensor } from 'blasnet';
import {
  awayFrom,
  differences,
  gradientCheck,
  type Numbers,
  randomTensor,
  readReference,
  tensorOf,
} from '../support/numerics.js';

interface Case {
  readonly options: ActivationOptions;
  readonly x: Numbers;
  readonly delta: Numbers;
  readonly y: Numbers;
  readonly dx: Numbers;
}

/** Piecewise linear ones are one rounded multiplication; the others hang on an exponential. */
const simple = new Set(['identity', 'relu', 'leakyRelu', 'relu6']);

/**
 * Derivatives that are nearly 0 (1 − y² of a saturated tanh, gelu's far tail) lose digits to cancellation wherever
 * they are computed, so an error of a few units in the last place of 1 is allowed as well.
 */
const tolerances = {
  float64: { simple: { rtol: 1e-12 }, exponential: { rtol: 1e-10, atol: 1e-15 } },
  float32: { simple: { rtol: 2e-7 }, exponential: { rtol: 2e-6, atol: 5e-7 } },
} as const;

for (const dtype of ['float64', 'float32'] as const) {
  test(`forward and backward agree with PyTorch, ${dtype}`, async (t) => {
    const references = ['layers', 'images'].map((name) => readReference<{ activations: Case[] }>(name));
    const activations = (await Promise.all(references)).flatMap((reference) => reference.activations);
    t.is(new Set(activations.map(({ options }) => options.name)).size, activationNames.length);
    for (const { options, x, delta, y, dx } of activations) {
      const layer = new ActivationLayer(options);
      const name = JSON.stringify(options);
      const tolerance = tolerances[dtype][simple.has(options.name) ? 'simple' : 'exponential'];
      const output = layer.forward(tensorOf(x, dtype));
      t.is(output.dtype, dtype);
      t.deepEqual(output.shape, y.shape);
      t.deepEqual(differences(output.data, y.data, tolerance, `${name} y`), []);
      t.deepEqual(differences(layer.backward(tensorOf(delta, dtype))!.data, dx.data, tolerance, `${name} dx`), []);
    }
  });
}

const checked: ActivationOptions[] = [
  { name: 'identity' },
  { name: 'sigmoid' },
  { name: 'tanh' },
  { name: 'relu' },
  { name: 'leakyRelu' },
  { name: 'leakyRelu', slope: 0 },
  { name: 'leakyRelu', slope: 0.2 },
  { name: 'leakyRelu', slope: 1.5 },
  { name: 'elu' },
  { name: 'elu', alpha: 0.3 },
  { name: 'elu', alpha: 2 },
  { name: 'gelu' },
  { name: 'silu' },
  { name: 'softplus' },
  { name: 'selu' },
  { name: 'relu6' },
  { name: 'hardSigmoid' },
  { name: 'hardSigmoid', alpha: 0.2, beta: 0.4 },
  { name: 'hardSwish' },
  { name: 'mish' },
  { name: 'softsign' },
  { name: 'logSoftmax' },
];
const shapes = [
  [1, 1],
  [1, 7],
  [6, 1],
  [5, 13],
  [3, 2, 4, 3],
] as const;

for (const options of checked) {
  test(`the gradient of ${JSON.stringify(options)} agrees with differences`, (t) => {
    for (const [seed, shape] of shapes.entries()) {
      const x = awayFrom(0, 0.01, randomTensor(shape, seed, -4, 4));
      t.deepEqual(gradientCheck(new ActivationLayer(options), x), [], shape.join('×'));
    }
  });
}

test('each function has its known values', (t) => {
  const at = (activation: ActivationOptions, ...x: number[]) =>
    Array.from(new ActivationLayer(activation).forward(Tensor.from(x, undefined, 'float64')).data);
  t.deepEqual(at({ name: 'identity' }, -2, 3), [-2, 3]);
  t.deepEqual(at({ name: 'sigmoid' }, 0, Infinity, -Infinity), [0.5, 1, 0]);
  t.deepEqual(at({ name: 'tanh' }, 0, 100, -100), [0, 1, -1]);
  t.deepEqual(at({ name: 'relu' }, -1.5, 0, 1.5), [0, 0, 1.5]);
  t.deepEqual(at({ name: 'leakyRelu', slope: 0.5 }, -1.5, 0, 1.5), [-0.75, 0, 1.5]);
  t.deepEqual(at({ name: 'elu', alpha: 2 }, -1000, 0, 1.5), [-2, 0, 1.5]);
  t.deepEqual(at({ name: 'gelu' }, 0, 1000, -1000).map(Math.abs), [0, 1000, 0]);
  t.deepEqual(at({ name: 'silu' }, 0, 1000, -1000).map(Math.abs), [0, 1000, 0]);
  const softplus = at({ name: 'softplus' }, 0, 1000, -1000);
  t.deepEqual(differences(softplus, [Math.LN2, 1000, 0], { rtol: 1e-15 }), []);
  t.deepEqual(at({ name: 'selu' }, 0, 1), [0, 1.0507009873554805]);
  t.deepEqual(at({ name: 'relu6' }, -1, 0, 4, 6, 9), [0, 0, 4, 6, 6]);
  t.deepEqual(at({ name: 'hardSigmoid' }, -4, -3, 0, 3, 4), [0, 0, 0.5, 1, 1]);
  t.deepEqual(at({ name: 'hardSigmoid', alpha: 0.25, beta: 0.75 }, -4, -1, 0, 4), [0, 0.5, 0.75, 1]);
  t.deepEqual(at({ name: 'hardSwish' }, -4, -1, 0, 1, 4).map(Math.abs), [0, 1 / 3, 0, 2 / 3, 4]);
  t.deepEqual(at({ name: 'mish' }, 0, 1000, -1000).map(Math.abs), [0, 1000, 0]);
  t.deepEqual(at({ name: 'softsign' }, 0, 1, -3, Infinity), [0, 0.5, -0.75, 1]);
  t.deepEqual(at({ name: 'logSoftmax' }, 7), [0]);
  t.deepEqual(at({ name: 'logSoftmax' }, 0, 1000), [-1000, 0]);
  const sigmoid = at({ name: 'sigmoid' }, Math.log(3), -Math.log(4));
  t.deepEqual(differences(sigmoid, [0.75, 0.2], { rtol: 1e-15 }), []);
});

test('the derivative where functions bend is that of PyTorch', (t) => {
  for (const [options, x, slope] of [
    [{ name: 'relu' }, 0, 0],
    [{ name: 'leakyRelu', slope: 0.25 }, 0, 0.25],
    [{ name: 'relu6' }, 0, 0],
    [{ name: 'relu6' }, 6, 0],
    [{ name: 'hardSigmoid' }, -3, 0],
    [{ name: 'hardSigmoid' }, 3, 0],
    [{ name: 'hardSwish' }, -3, 0],
    [{ name: 'hardSwish' }, 3, 1],
  ] as const) {
    for (const dtype of ['float32', 'float64'] as const) {
      const layer = new ActivationLayer(options);
      layer.forward(Tensor.from([x], undefined, dtype));
      t.is(layer.backward(Tensor.from([3], undefined, dtype))!.data[0], 3 * slope, `${options.name} at ${x}`);
    }
  }
});

test('NaN stays NaN', (t) => {
  for (const options of checked) {
    t.is(new ActivationLayer(options).forward(Tensor.from([Number.NaN])).data[0], Number.NaN, options.name);
  }
});

test('a number does not depend on its place or its neighbours', (t) => {
  const x = randomTensor([1, 37], 3, -6, 6);
  for (const options of checked.filter(({ name }) => name !== 'logSoftmax')) {
    const whole = new ActivationLayer(options).forward(x).data;
    const alone = Float64Array.from(x.data, (value) => {
      return new ActivationLayer(options).forward(Tensor.from(Float64Array.of(value))).data[0]!;
    });
    t.deepEqual(whole, alone, options.name);
  }
});

test('unknown names and constants are refused', (t) => {
  const wrong: unknown[] = [
    'swish',
    'toString',
    { name: 'relu', slope: 1 },
    { name: 'elu', slope: 1 },
    { name: 'elu', alpha: Number.NaN },
    { name: 'leakyRelu', slope: '0.1' },
    { name: 'hardSigmoid', slope: 1 },
    { name: 'hardSigmoid', beta: Number.POSITIVE_INFINITY },
    undefined,
  ];
  for (const options of wrong) {
    const error = t.throws(() => new ActivationLayer(options as ActivationOptions), { instanceOf: BlasnetError });
    t.is(error?.code, 'ERR_BAD_ARGUMENT');
  }
});
