// Every built-in metric against scikit-learn's numbers, over many batches as over all rows at once; and what it
// refuses.
import test from 'ava';
import { createMetric, type MetricOptions, type MetricValue, metricNames, Tensor } from 'blasnet';
import { MetricSet } from '#blasnet/metrics/metric-set';
import type { JudgedOutput } from '#blasnet/metrics/tally';
import { opsOn } from '#blasnet/ops/ops';
import { Tape } from '#blasnet/ops/tape';
import { Value } from '#blasnet/ops/value';
import { EagerRunner } from '#blasnet/runtime/runner';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import {
  differences,
  type Numbers,
  randomTensor,
  readReference,
  sumOf,
  tensorOf,
  uniforms,
} from '../support/numerics.js';

interface Case {
  readonly options: { readonly name: string; readonly [option: string]: unknown };
  readonly multiLabel: boolean;
  readonly a: number;
  readonly y: number;
  readonly value: MetricValue;
}

const { arrays, cases } = await readReference<{ arrays: Numbers[]; cases: Case[] }>('metrics');

const numbersIn = (value: MetricValue) => (typeof value === 'number' ? [value] : value.flat());
const labelOf = ({ options, multiLabel, y }: Case) => `${JSON.stringify(options)} ${multiLabel} [${arrays[y]!.shape}]`;

test('every metric has cases', (t) => {
  t.deepEqual([...new Set(cases.map(({ options }) => options.name))].sort(), [...metricNames].sort());
});

for (const dtype of ['float64', 'float32'] as const) {
  test(`values are those of scikit-learn, ${dtype}`, (t) => {
    const tolerance = { rtol: dtype === 'float64' ? 1e-12 : 2e-6 };
    for (const one of cases) {
      const [a, y] = [tensorOf(arrays[one.a]!, dtype), tensorOf(arrays[one.y]!, dtype)];
      const value = createMetric(untyped(one.options)).evaluate(a, y, { multiLabel: one.multiLabel });
      t.deepEqual(differences(numbersIn(value), numbersIn(one.value), tolerance), [], labelOf(one));
    }
  });
}

test('batches of any size give what all rows at once do, however often', (t) => {
  for (const one of cases) {
    const [a, y] = [tensorOf(arrays[one.a]!), tensorOf(arrays[one.y]!)];
    const metric = createMetric(untyped(one.options));
    const kind = one.multiLabel ? ('sigmoid' as const) : undefined;
    const shapes = { rowShape: a.shape.slice(1), labelShape: y.shape.slice(1) };
    const judged = { width: a.rowSize, threshold: 0.5, kind, rows: a.rows, ...shapes };
    const set = new MetricSet([metric], { dtype: 'float64', ...judged });
    const runner = new EagerRunner('float64');
    for (const each of [a.rows, 7, 1]) {
      set.clear();
      for (let first = 0; first < a.rows; first += each) {
        const end = Math.min(a.rows, first + each);
        set.record(new Tape(runner), new Value(a.slice(first, end)), y.slice(first, end));
      }
      set.finish(runner);
      const value = set.results()[metric.name]!;
      t.deepEqual(differences(numbersIn(value), numbersIn(one.value), { rtol: 1e-12 }), [], labelOf(one));
    }
  }
});

test('metrics of one set share their sums, and some are known at any time', (t) => {
  const names = ['r2', 'meanSquaredError', 'rootMeanSquaredError', 'meanAbsoluteError', 'meanAbsolutePercentageError'];
  const [a, y] = [randomTensor([9, 2], 1), randomTensor([9, 2], 2)];
  const judged: JudgedOutput = {
    dtype: 'float64',
    rowShape: [2],
    kind: undefined,
    width: 2,
    threshold: 0.5,
    labelShape: [2],
    rows: 9,
  };
  const numbers = new MetricSet(
    names.map((name) => createMetric(untyped(name))),
    judged,
  );
  t.is(numbers.runningCount, 5 + 3);
  t.false(numbers.hasFinish);
  const block = new Float64Array(numbers.runningCount);
  numbers.placeRunning(block);
  numbers.record(new Tape(new EagerRunner('float64')), new Value(a), y);
  t.deepEqual(Object.keys(numbers.results()), names);
  t.deepEqual(numbers.runningResults(block.slice()), numbers.results());
  for (const name of names) t.is(numbers.results()[name], createMetric(untyped(name)).evaluate(a, y));

  const all = ['accuracy', 'precision', 'recall', 'f1', 'rocAuc', 'prAuc', 'confusionMatrix', 'logLoss'] as const;
  const classes = new MetricSet(all.map(createMetric), { ...judged, rowShape: [1], width: 1, labelShape: [1] });
  t.true(classes.hasFinish);
  const running = classes.runningResults(new Float64Array(classes.runningCount));
  t.deepEqual(Object.keys(running), ['accuracy', 'precision', 'recall', 'f1', 'confusionMatrix', 'logLoss']);
});

test('rows of several steps count step by step', (t) => {
  const a = randomTensor([5, 4, 3], 1, 0, 1);
  const numbers = Tensor.from(uniforms(20, 2, 0, 3).map(Math.floor), [5, 4]);
  const flat = { a: a.reshape([20, 3]), y: numbers.reshape([20, 1]) };
  for (const name of ['accuracy', 'f1', 'rocAuc', 'confusionMatrix', { name: 'topK', k: 2 }, 'logLoss'] as const) {
    const [steps, rows] = [createMetric(name).evaluate(a, numbers), createMetric(name).evaluate(flat.a, flat.y)];
    t.deepEqual(differences(numbersIn(steps), numbersIn(rows), { rtol: 1e-14 }), [], String(name));
  }
});

test('one output of shape [m] is as one of shape [m, 1]', (t) => {
  const [a, y] = [Tensor.from([0.2, 0.7, 0.6], [3]), Tensor.from([0, 1, 0], [3])];
  for (const name of metricNames.filter((name) => name !== 'topK')) {
    t.deepEqual(
      createMetric(name).evaluate(a, y),
      createMetric(name).evaluate(a.reshape([3, 1]), y.reshape([3, 1])),
      name,
    );
  }
});

test('logLoss takes the logits, where there are such', (t) => {
  const z = Tensor.from([[1000], [-1000]], undefined, 'float64');
  const y = Tensor.from([[0], [1]], undefined, 'float64');
  const tape = new Tape(new EagerRunner('float64'));
  const judged: JudgedOutput = {
    dtype: 'float64',
    rowShape: [1],
    kind: 'sigmoid',
    width: 1,
    threshold: 0.5,
    labelShape: [1],
    rows: 2,
  };
  const set = new MetricSet([createMetric('logLoss')], judged);
  set.record(tape, opsOn(tape).sigmoid(new Value(z)), y);
  t.is(set.results().logLoss, 1000);
});

test('what is not defined', (t) => {
  const one = (options: MetricOptions, a: number[], y: number[]) =>
    createMetric(options).evaluate(Tensor.from(a.map((v) => [v])), Tensor.from(y.map((v) => [v])));
  t.is(one('rocAuc', [0.1, 0.9], [1, 1]), Number.NaN);
  t.is(one('prAuc', [0.1, 0.9], [1, 1]), 1);
  t.is(one('prAuc', [0.1, 0.9], [0, 0]), Number.NaN);
  t.is(one('precision', [0.1, 0.2], [1, 1]), 0);
  t.is(one('recall', [0.9, 0.8], [0, 0]), 0);
  t.is(one('f1', [0.1, 0.2], [0, 0]), 0);
  t.is(one('r2', [2, 2], [2, 2]), 1);
  t.is(one('r2', [2, 3], [2, 2]), 0);
  t.is(one('rocAuc', [Number.NaN, 0.9], [0, 1]), 1);
});

test('ties of rocAuc and prAuc', (t) => {
  const [a, y] = [Tensor.from([[0.5], [0.5], [0.5], [0.5]]), Tensor.from([[1], [0], [0], [0]])];
  t.is(createMetric('rocAuc').evaluate(a, y), 0.5);
  t.is(createMetric('prAuc').evaluate(a, y), 0.25);
});

test('rocAuc and prAuc of many rows', (t) => {
  const rows = 20_000;
  const a = Tensor.from(
    uniforms(rows, 3).map((v) => Math.round(v * 500) / 500),
    [rows, 1],
  );
  const y = Tensor.from(
    a.data.map((v, i) => Number(v + 1.5 * Math.sin(i * 7.3) > 0)),
    [rows, 1],
  );
  // The share of pairs in the right order, by ranks: of equal numbers, the mean rank.
  const order = [...a.data.keys()].sort((i, j) => a.data[i]! - a.data[j]!);
  const ranks = new Float64Array(rows);
  for (let i = 0; i < rows; ) {
    let end = i;
    while (end < rows && a.data[order[end]!] === a.data[order[i]!]) end++;
    for (let k = i; k < end; k++) ranks[order[k]!] = (i + end + 1) / 2;
    i = end;
  }
  const positives = sumOf(y.data);
  const area =
    (sumOf(ranks, (rank, i) => rank * y.data[i]!) - (positives * (positives + 1)) / 2) /
    (positives * (rows - positives));
  t.deepEqual(differences([createMetric('rocAuc').evaluate(a, y) as number], [area], { rtol: 1e-12 }), []);
});

const [two, labels] = [
  Tensor.from([
    [0.4, 0.6],
    [0.5, 0.5],
  ]),
  Tensor.from([[0], [1]]),
];
test('labels that do not fit are refused', (t) => {
  for (const name of metricNames) {
    for (const y of [Tensor.zeros([2, 3]), Tensor.zeros([3, 2]), Tensor.zeros([1, 4])]) {
      t.throws(() => createMetric(name).evaluate(two, y), shapeMismatch(/for labels but received/), name);
    }
  }
  for (const name of ['r2', 'meanSquaredError', 'meanAbsoluteError'] as const) {
    t.throws(
      () => createMetric(name).evaluate(two, labels),
      shapeMismatch(/^Expected rows of 2 numbers for labels/),
      name,
    );
  }
  for (const name of [
    'accuracy',
    'f1',
    'rocAuc',
    'prAuc',
    'confusionMatrix',
    'logLoss',
    { name: 'topK', k: 1 },
  ] as const) {
    t.notThrows(() => createMetric(name).evaluate(two, labels));
    for (const bad of [2, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      t.throws(
        () => createMetric(name).evaluate(two, Tensor.from([[0], [bad]])),
        badArgument(/^Expected whole numbers from 0 to 1 for the label in row 1 of labels/),
      );
    }
    t.throws(() => createMetric(name).evaluate(two, labels, { multiLabel: true }));
  }
});

test('metrics that want classes', (t) => {
  const [a, y] = [Tensor.from([[0.5]]), Tensor.from([[1]])];
  t.throws(
    () => createMetric('topK').evaluate(a, y),
    badArgument(/^Expected outputs for several classes for the metric 'topK'/),
  );
  t.throws(
    () => createMetric('confusionMatrix').evaluate(two, two, { multiLabel: true }),
    badArgument(/^Expected one output, or several classes for the metric 'confusionMatrix'/),
  );
});

test('arguments of evaluate', (t) => {
  const metric = createMetric('accuracy');
  for (const bad of [undefined, null, 5, [[1]], {}]) {
    t.throws(() => metric.evaluate(untyped(bad), two), badArgument(/for outputs/));
    t.throws(() => metric.evaluate(two, untyped(bad)), badArgument(/for labels/));
  }
  t.throws(() => metric.evaluate(two, two.clone('float64')), badArgument(/a float32 tensor for labels/));
  t.throws(() => metric.evaluate(two, two, untyped({ multilabel: true })), badArgument(/did you mean 'multiLabel'/));
  t.throws(
    () => metric.evaluate(two, two, untyped({ multiLabel: 1 })),
    badArgument(/^Expected true or false for multiLabel/),
  );
  t.throws(() => metric.evaluate(two, two, untyped(null)), badArgument(/for options/));
});

test('names and options of createMetric', (t) => {
  for (const name of metricNames) {
    const metric = createMetric(name);
    t.is(metric.name, name);
    t.is(metric.config?.type, name);
    t.deepEqual(createMetric(metric.config!).config, metric.config);
    t.deepEqual(JSON.parse(JSON.stringify(metric)), metric.config);
    t.is(metric.higherIsBetter, !/Error|Loss/.test(name), name);
  }
  t.deepEqual(createMetric({ name: 'topK', k: 3 }).config, { type: 'topK', k: 3 });
  t.deepEqual(createMetric({ name: 'f1', average: 'micro' }).config, { type: 'f1', average: 'micro' });
});

for (const [options, message] of [
  ['f2', /^Expected one of .*f1.* for metric but received 'f2'/],
  ['auc', /did you mean 'rocAuc'/],
  ['rmse', /did you mean 'rootMeanSquaredError'/],
  [undefined, /^Expected one of .* for metric but received undefined/],
  [null, /for metric but received null/],
  [5, /for metric but received 5/],
  [{}, /for metric but received undefined/],
  [{ name: 'topK', k: 0 }, /^Expected a whole number above 0 for topK's k but received 0/],
  [{ name: 'topK', k: 1.5 }, /^Expected a whole number above 0 for topK's k/],
  [{ name: 'topK', K: 3 }, /^Expected k for topK but received 'K'; did you mean 'k'\?$/],
  [{ name: 'f1', threshold: Number.NaN }, /^Expected a finite number for f1's threshold but received NaN/],
  [{ name: 'f1', average: 'mean' }, /^Expected one of macro, micro, weighted for f1's average but received 'mean'/],
  [{ name: 'r2', threshold: 1 }, /^Expected no constants for r2 but received 'threshold'/],
] as [unknown, RegExp][]) {
  test(`createMetric refuses ${JSON.stringify(options)}`, (t) => {
    t.throws(() => createMetric(untyped(options)), badArgument(message));
  });
}
