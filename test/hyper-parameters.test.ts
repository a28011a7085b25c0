import test from 'ava';
import { type HyperParameterOptions, HyperParameters, NeuralNet } from 'blasnet';
import { badArgument, untyped } from './support/errors.js';

const make = (options: Record<string, unknown>) => new HyperParameters(untyped({ netType: 'fitting', ...options }));

test('defaults', (t) => {
  t.deepEqual(
    { ...new HyperParameters({ netType: 'fitting' }) },
    {
      netType: 'fitting',
      loss: undefined,
      lossWeights: undefined,
      metrics: undefined,
      monitor: 'loss',
      learningRate: 0.1,
      maxEpoch: 10,
      batchSize: 32,
      initMethod: 'xavier',
      optimizer: 'sgd',
      stopper: { condition: 'nothing', value: 0 },
      regularizer: { method: 'nothing', value: 0 },
      learningRateSchedule: undefined,
      gradientClip: {},
      gradientAccumulation: 1,
      weightAverage: undefined,
      seed: 0,
      dtype: 'float32',
      precision: 'float32',
    },
  );
});

test('what is given is kept, and cannot be changed', (t) => {
  const options: HyperParameterOptions = {
    netType: 'binaryClassifier',
    learningRate: 0.5,
    maxEpoch: 3,
    batchSize: -1,
    initMethod: { name: 'msra', mode: 'fanOut', distribution: 'uniform' },
    optimizer: { name: 'adam', beta1: 0.8 },
    stopper: { condition: 'stopDiff', value: 1e-3 },
    regularizer: { method: 'l2', value: 0.5 },
    learningRateSchedule: { kind: 'cosine', length: 3, unit: 'iteration', warmUp: { length: 2 } },
    gradientClip: { norm: 1, value: 0.5 },
    gradientAccumulation: 3,
    weightAverage: { decay: 0.99 },
    seed: Number.MAX_SAFE_INTEGER,
    dtype: 'float64',
  };
  const params = new HyperParameters(options);
  t.deepEqual({ ...params }, { ...params, ...options });
  t.true(Object.isFrozen(params));
});

test('changes to the objects that were given change nothing', (t) => {
  const options = {
    netType: 'fitting' as const,
    initMethod: { name: 'msra' as const, mode: 'fanOut' as 'fanOut' | 'fanIn' },
    optimizer: { name: 'adam' as const, beta1: 0.8 },
    stopper: { condition: 'stopLoss' as const, value: 1 },
    regularizer: { method: 'l2' as const, value: 1 },
    learningRateSchedule: { kind: 'cosine' as const, length: 3, warmUp: { length: 2 } },
    gradientClip: { norm: 1 },
  };
  const before = structuredClone(options);
  const params = new HyperParameters(options);
  options.initMethod.mode = untyped('neither');
  options.optimizer.beta1 = 7;
  options.stopper.value = -1;
  options.regularizer.value = -1;
  options.learningRateSchedule.warmUp.length = -1;
  options.gradientClip.norm = -1;
  t.deepEqual({ ...params }, { ...params, ...before });
  t.notThrows(() => new NeuralNet(params, 'net'));
  for (const nested of [params.optimizer, params.stopper, params.learningRateSchedule, params.gradientClip]) {
    t.true(Object.isFrozen(nested));
  }
  t.true(Object.isFrozen((params.learningRateSchedule as typeof options.learningRateSchedule).warmUp));
});

test('a value may be left out where it means nothing only', (t) => {
  t.deepEqual(make({ stopper: { condition: 'nothing' } }).stopper, { condition: 'nothing', value: 0 });
  t.deepEqual(make({ regularizer: { method: 'nothing' } }).regularizer, { method: 'nothing', value: 0 });
  for (const condition of ['stopLoss', 'stopDiff']) {
    t.throws(
      () => make({ stopper: { condition } }),
      badArgument(/finite number ≥ 0 for stopper's value .* undefined$/),
    );
  }
  for (const method of ['l1', 'l2', 'earlyStop']) {
    t.throws(() => make({ regularizer: { method } }), badArgument(/ value.* but received undefined$/), method);
  }
});

test('what stands beside the optimizer is refused within it', (t) => {
  for (const [key, value] of Object.entries({ learningRate: 0.5, dtype: 'float64' })) {
    t.throws(
      () => make({ learningRate: 0.1, optimizer: { name: 'adam', [key]: value } }),
      badArgument(
        new RegExp(`^Expected its own constants only, and ${key} beside it, for optimizer but received '${key}'$`),
      ),
    );
  }
});

test('precision', (t) => {
  t.is(make({ precision: 'bfloat16' }).precision, 'bfloat16');
  t.is(make({ precision: 'float32', dtype: 'float64' }).precision, 'float32');
  t.throws(
    () => make({ precision: 'bfloat16', dtype: 'float64' }),
    badArgument(/^Expected 'float32' beside the dtype float64 for precision but received 'bfloat16'$/),
  );
  t.throws(
    () => make({ precision: 'float16' }),
    badArgument(/^Expected 'float32' or 'bfloat16' for precision but received 'float16'/),
  );
});

test('undefined means the default', (t) => {
  t.is(make({ learningRate: undefined, stopper: undefined, optimizer: undefined }).learningRate, 0.1);
});

for (const options of [undefined, null, 'fitting', 5]) {
  test(`options of ${options}`, (t) => {
    t.throws(() => new HyperParameters(untyped(options)), badArgument(/^Expected an object for options but received/));
  });
}

test('an unknown option is named', (t) => {
  t.throws(() => make({ batchsize: 1 }), badArgument(/Expected only netType, .* for options but received 'batchsize'/));
  t.throws(() => make({ toString: 1 }), badArgument(/for options but received 'toString'/));
});

const invalid: Readonly<Record<string, { values: readonly unknown[]; message: RegExp }>> = {
  netType: {
    values: [undefined, 'regression', 1],
    message: /^Expected 'fitting', 'binaryClassifier' or 'multipleClassifier' for netType but received/,
  },
  learningRate: {
    values: [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '0.1'],
    message: /^Expected a finite number above 0 for learningRate but received/,
  },
  maxEpoch: {
    values: [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3'],
    message: /^Expected a whole number above 0 for maxEpoch but received/,
  },
  batchSize: {
    values: [0, -2, 0.5, Number.NaN, '32'],
    message: /^Expected a whole number above 0, or -1 for all rows for batchSize but received/,
  },
  initMethod: {
    values: ['he', 5, { name: 'toString' }, {}],
    message: /^Expected 'zero', 'normal', 'xavier', 'msra' or 'orthogonal' for initMethod but received/,
  },
  seed: {
    values: [-1, 0.5, 2 ** 53, Number.NaN, '1'],
    message: /^Expected a whole number from 0 to 2\^53 - 1 for seed but received/,
  },
  dtype: {
    values: ['float16', 32],
    message: /^Expected 'float32' or 'float64' for dtype but received/,
  },
  optimizer: {
    values: ['sdg', 'toString', null, {}, 5],
    message: /^Expected .*'sgd'.* for optimizer but received/,
  },
};
for (const [name, { values, message }] of Object.entries(invalid)) {
  test(`an invalid ${name}`, (t) => {
    for (const value of values) t.throws(() => make({ [name]: value }), badArgument(message), String(value));
  });
}

test('an invalid stopper', (t) => {
  const stopper = (value: unknown) => () => make({ stopper: value });
  t.throws(stopper('stopLoss'), badArgument(/^Expected { condition, value } for stopper but received 'stopLoss'/));
  t.throws(stopper(null), badArgument(/for stopper but received null/));
  t.throws(stopper({ condition: 'never', value: 1 }), badArgument(/'stopDiff' for stopper's condition but .* 'never'/));
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1']) {
    t.throws(stopper({ condition: 'stopLoss', value }), badArgument(/a finite number ≥ 0 for stopper's value/));
  }
  t.throws(
    stopper({ condition: 'stopLoss', patience: 3 }),
    badArgument(/only condition, value for stopper .*'patience'/),
  );
});

test('an invalid regularizer', (t) => {
  const regularizer = (value: unknown) => () => make({ regularizer: value });
  t.throws(regularizer('l2'), badArgument(/^Expected { method, value } for regularizer but received 'l2'/));
  t.throws(regularizer({ method: 'l3', value: 1 }), badArgument(/'l1', 'l2' or 'earlyStop' for regularizer's method/));
  t.throws(regularizer({ method: 'l2', lambda: 1 }), badArgument(/only method, value for regularizer .*'lambda'/));
  for (const value of [-1, Number.NaN, '1']) {
    t.throws(regularizer({ method: 'l1', value }), badArgument(/a finite number ≥ 0 for regularizer's value/));
  }
  for (const value of [0, 1.5, -1]) {
    t.throws(regularizer({ method: 'earlyStop', value }), badArgument(/whole number of checkpoints above 0/));
  }
});

test('an invalid gradientClip', (t) => {
  const clip = (value: unknown) => () => make({ gradientClip: value });
  t.throws(clip(1), badArgument(/^Expected { norm, value } for gradientClip but received 1/));
  t.throws(clip({ max: 1 }), badArgument(/only norm, value for gradientClip .*'max'/));
  t.throws(clip({ norm: 0 }), badArgument(/a finite number above 0 for gradientClip's norm but received 0/));
  t.throws(clip({ value: Number.POSITIVE_INFINITY }), badArgument(/for gradientClip's value but received Infinity/));
});

test('an invalid learningRateSchedule', (t) => {
  const schedule = (value: unknown) => () => make({ learningRateSchedule: value });
  t.throws(
    schedule({ kind: 'linear' }),
    badArgument(/'constant', 'step', .* for learningRateSchedule's kind .*'linear'/),
  );
  t.throws(schedule('step'), badArgument(/an object for learningRateSchedule but received 'step'/));
  t.throws(schedule({ kind: 'step' }), badArgument(/for the step schedule's every but received undefined/));
  t.throws(schedule({ kind: 'step', every: 0 }), badArgument(/above 0 for the step schedule's every but received 0/));
  t.throws(
    schedule({ kind: 'cosine', length: 3, factor: 1 }),
    badArgument(/length or minimum for the cosine .*'factor'/),
  );
  t.throws(schedule({ kind: 'constant', unit: 'hour' }), badArgument(/'epoch' or 'iteration' for .*unit .*'hour'/));
  t.throws(schedule({ kind: 'constant', warmUp: {} }), badArgument(/for warmUp's length but received undefined/));
  t.throws(schedule({ kind: 'constant', warmUp: { length: 2, from: 2 } }), badArgument(/0 to 1 for warmUp's from/));
  t.throws(schedule({ kind: 'reduceOnPlateau', factor: 1 }), badArgument(/below 1 for the reduceOnPlateau schedule's/));
});

test('an unknown option of an optimizer or an initialiser', (t) => {
  t.throws(() => make({ optimizer: { name: 'sgd', gamma: 1 } }), badArgument(/no constants for sgd .*'gamma'/));
  t.throws(() => make({ optimizer: { name: 'adam', beta1: 1 } }), badArgument(/0 to below 1 for adam's beta1 .* 1/));
  t.throws(
    () => make({ initMethod: { name: 'msra', scaled: true } }),
    badArgument(/only mode, distribution for msra .*'scaled'/),
  );
  t.throws(() => make({ initMethod: { name: 'zero', mode: 'fanIn' } }), badArgument(/no options for zero .*'mode'/));
  t.throws(
    () => make({ initMethod: { name: 'xavier', distribution: 'beta' } }),
    badArgument(/'uniform' or 'normal' for/),
  );
  t.throws(
    () => make({ initMethod: { name: 'normal', distribution: 'beta' } }),
    badArgument(/'normal' or 'uniform' for/),
  );
  t.throws(() => make({ initMethod: { name: 'msra', mode: 'both' } }), badArgument(/'fanIn' or 'fanOut' for mode/));
});

test('JSON and back', (t) => {
  const all: HyperParameterOptions[] = [
    { netType: 'fitting' },
    {
      netType: 'binaryClassifier',
      learningRate: 0.1 + 0.2,
      batchSize: -1,
      initMethod: { name: 'normal', scaled: true, distribution: 'uniform' },
      optimizer: { name: 'adamW', beta1: 0.8 },
      stopper: { condition: 'stopDiff', value: 1e-3 },
      regularizer: { method: 'earlyStop', value: 5 },
      learningRateSchedule: { kind: 'reduceOnPlateau', patience: 3, warmUp: { length: 2 } },
      gradientClip: { norm: 1 },
      gradientAccumulation: 2,
      weightAverage: { decay: 0.9 },
      seed: Number.MAX_SAFE_INTEGER,
      dtype: 'float64',
    },
  ];
  for (const options of all) {
    const params = new HyperParameters(options);
    t.deepEqual({ ...new HyperParameters(JSON.parse(JSON.stringify(params))) }, { ...params });
  }
});
