import { readFile } from 'node:fs/promises';
import test from 'ava';
import { Tensor, type TimeSeriesOptions, timeSeriesWindows } from 'blasnet';
import fc from 'fast-check';
import { badArgument, notFinite, shapeMismatch, untyped } from '../support/errors.js';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly series: readonly Numbers[];
  readonly options: TimeSeriesOptions;
  readonly sets: Readonly<Record<'train' | 'validation' | 'test', { x: Numbers; y: Numbers; rawY: Numbers }>>;
}
const url = new URL('../../../../test/fixtures/reference/time_series.json', import.meta.url);
const cases = JSON.parse(await readFile(url, 'utf8')) as readonly Case[];

const tensor = ({ shape, data }: Numbers) => Tensor.from([...data], shape, 'float64');
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

for (const [i, { series, options, sets }] of cases.entries()) {
  test(`windows, split and scaling as by NumPy › case ${i}`, (t) => {
    const reader = timeSeriesWindows(series.map(tensor), options);
    for (const [name, { x, y, rawY }] of Object.entries(sets)) {
      const { inputs, targets } = reader.namedTensors(name as 'train');
      t.deepEqual([inputs['']!.shape, targets['']!.shape], [x.shape, y.shape], name);
      t.true(difference(inputs['']!.data, x.data) < 1e-12, name);
      t.true(difference(targets['']!.data, y.data) < 1e-12, name);
      if (name !== 'validation') {
        t.deepEqual([...reader.namedTensors(name as 'train', { raw: true }).targets['']!.data], rawY.data);
      }
      t.true(difference(reader.deNormalizeY(targets[''] as Tensor).data, rawY.data) < 1e-12, name);
    }
  });
}

test('a series of one column › forms, order of rows and targets', (t) => {
  const numbers = upTo(6);
  for (const series of [numbers, Float64Array.from(numbers), numbers.map((value) => [value]), { load: numbers }]) {
    const reader = timeSeriesWindows(untyped(series), { length: 2, horizon: 1, scale: false });
    t.deepEqual(reader.xTrain.shape, [4, 2, 1]);
    t.deepEqual([...reader.xTrain.data], [0, 1, 1, 2, 2, 3, 3, 4]);
    t.deepEqual(reader.yTrain.toArray(), [[2], [3], [4], [5]]);
    t.is(reader.preparation.x, undefined);
  }
  const columns = { a: numbers, b: numbers.map((value) => -value) };
  const two = timeSeriesWindows(columns, { length: 1, horizon: 2, target: ['b', 0], gap: 1, stride: 2, scale: false });
  t.deepEqual(two.yTrain.toArray(), [
    [-2, 2, -3, 3],
    [-4, 4, -5, 5],
  ]);
  t.deepEqual(two.targetNames, ['b', 'a']);
  const alone = timeSeriesWindows(columns, { length: 2, horizon: 1, target: 'b', features: ['a'], scale: false });
  t.deepEqual([[...alone.xTrain.data.slice(0, 2)], [...alone.yTrain.data.slice(0, 1)]], [[0, 1], [-2]]);
  t.deepEqual(
    alone.preparation.columns?.map(({ name }) => name),
    ['a'],
  );
});

test('several series › no window crosses from one to another', (t) => {
  const reader = timeSeriesWindows([upTo(5).map((i) => [i]), upTo(4).map((i) => [100 + i])], {
    length: 2,
    horizon: 1,
    scale: false,
  });
  t.deepEqual(reader.yTrain.toArray(), [[2], [3], [4], [102], [103]]);
  t.deepEqual([...reader.xTrain.data], [0, 1, 1, 2, 2, 3, 100, 101, 101, 102]);
});

test('splits › counts, shares and calls cut at the same places', (t) => {
  const series = upTo(40);
  const options = { length: 4, horizon: 3 };
  // 34 windows; the last 6 are the test set, and the 2 before them reach into its time.
  const byCount = timeSeriesWindows(series, { ...options, test: 6, validation: 5 });
  t.deepEqual([byCount.numTrain, byCount.numValidation, byCount.numTest], [34 - 6 - 2 - 5 - 2, 5, 6]);
  const byCall = timeSeriesWindows(series, options);
  byCall.splitTestSet();
  byCall.generateValidationSet(0.2);
  t.deepEqual([byCall.numTrain, byCall.numValidation, byCall.numTest], [19, 5, 6]);
  t.deepEqual([...byCall.xTest.data], [...byCount.xTest.data]);
  t.deepEqual(byCall.preparation, byCount.preparation);
  t.throws(() => byCall.splitTestSet(), badArgument(/a reader without a test set for splitTestSet/));
  t.throws(() => byCall.generateValidationSet(), badArgument(/a reader without a validation set/));
  const changed = timeSeriesWindows(series, options);
  changed.shuffle(1);
  t.throws(() => changed.splitTestSet(), badArgument(/to come before shuffling/));
  for (const k of [1, 0, -2, Number.NaN, untyped<number>('5')]) {
    t.throws(() => timeSeriesWindows(series, options).splitTestSet(k), badArgument(/a share such as 0.2/));
  }
});

test('splits › later targets are in no earlier set, whatever the sizes', (t) => {
  const size = (most: number) => fc.integer({ min: 1, max: most });
  fc.assert(
    fc.property(size(6), size(5), size(4), fc.integer({ min: 0, max: 3 }), size(12), size(12), (...sizes) => {
      const [length, horizon, stride, gap, test, validation] = sizes as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const options = { length, horizon, stride, gap, test, validation, scale: false } as const;
      const reader = timeSeriesWindows(upTo(140), { ...options, dtype: 'float64' });
      const timesOf = (set: 'train' | 'validation' | 'test') => {
        const { inputs, targets } = reader.namedTensors(set);
        return { x: inputs['']!.data, y: targets['']!.data };
      };
      const [train, middle, last] = (['train', 'validation', 'test'] as const).map(timesOf) as [
        ReturnType<typeof timesOf>,
        ReturnType<typeof timesOf>,
        ReturnType<typeof timesOf>,
      ];
      t.deepEqual([middle.y.length, last.y.length], [validation * horizon, test * horizon]);
      t.true(Math.max(...train.y, ...train.x) < Math.min(...middle.y));
      t.true(Math.max(...middle.y, ...middle.x) < Math.min(...last.y));
      // No more is dropped than that: the next window would reach into the validation set's time.
      t.true(Math.max(...train.y) + stride >= Math.min(...middle.y));
    }),
    { numRuns: 60, seed: 3 },
  );
});

test('scaling › comes from the past alone, and a later change of the series changes no training row', (t) => {
  const before = upTo(60).map((i) => Math.sin(i));
  const options = { length: 3, horizon: 2, test: 10 } as const;
  const reader = timeSeriesWindows(before, options);
  // 56 windows; training ends with the window 44, whose targets end before time step 49.
  const after = before.map((value, i) => (i < 49 ? value : 1000));
  const other = timeSeriesWindows(after, options);
  t.deepEqual([...other.xTrain.data], [...reader.xTrain.data]);
  t.deepEqual(other.preparation, reader.preparation);
  t.notDeepEqual([...other.yTest.data], [...reader.yTest.data]);
  const all = timeSeriesWindows(before, { ...options, scale: false });
  all.normalizeX({ method: 'minMax', fitOn: 'trainAndTest' });
  t.is(Math.max(...all.xTrain.data, ...all.xTest.data), 1);
  for (const scale of ['minMax', 'robust'] as const) {
    const { x, y } = timeSeriesWindows(before, { ...options, scale }).preparation;
    t.deepEqual([x!.offset[0], x!.offset.length, y!.offset.length], [y!.offset[0], 3, 2]);
  }
});

test('naiveForecast › the last value, and that of the season before', (t) => {
  const series = { a: upTo(12), b: upTo(12).map((i) => 100 + i) };
  const reader = timeSeriesWindows(series, { length: 3, horizon: 4, target: ['b', 'a'], gap: 1, test: 1 });
  // The window of the test set ends with time step 6; the forecast is of 8 to 11.
  t.deepEqual(reader.naiveForecast().toArray(), [[106, 6, 106, 6, 106, 6, 106, 6]]);
  t.deepEqual(reader.naiveForecast({ season: 3 }).toArray(), [[105, 5, 106, 6, 104, 4, 105, 5]]);
  t.deepEqual(reader.naiveForecast({ set: 'train', season: 3 }).shape, [reader.numTrain, 8]);
  t.throws(() => reader.naiveForecast({ season: 9 }), badArgument(/at most 7 time steps.* for season but received 9/));
  t.throws(() => reader.naiveForecast({ set: 'validation' }), badArgument(/a reader with a validation set/));
  t.throws(() => reader.naiveForecast({ season: 0 }), badArgument(/a whole number above 0 for season/));
});

test('errors › sizes, columns, numbers', (t) => {
  const series = { load: upTo(20), heat: upTo(20) };
  const good = { length: 4, horizon: 2, target: 'load' };
  const make =
    (options: object, of: unknown = series) =>
    () =>
      timeSeriesWindows(untyped(of), untyped(options));
  t.throws(make({ ...good, horizon: 0 }), badArgument(/a whole number of at least 1 for horizon but received 0/));
  t.throws(make({ ...good, length: 2.5 }), badArgument(/for length but received 2.5/));
  t.throws(make({ ...good, stride: 0 }), badArgument(/for stride/));
  t.throws(make({ ...good, gap: -1 }), badArgument(/at least 0 for gap/));
  t.throws(make({ ...good, horizons: 1 }), badArgument(/did you mean 'horizon'/i));
  t.throws(
    make({ ...good, length: 19 }),
    shapeMismatch(/at least 21 time steps \(length 19 \+ horizon 2\) for series but received 20/),
  );
  t.throws(make(good, [series, { load: [1], heat: [1] }]), shapeMismatch(/for series 1 but received 1/));
  t.throws(make({ ...good, target: 'cold' }), badArgument(/\('load', 'heat'\) for target but received 'cold'/));
  t.throws(make({ ...good, target: 2 }), badArgument(/for target but received 2/));
  t.throws(make({ ...good, target: ['load', 'load'] }), badArgument(/each column once for target but received 'load'/));
  t.throws(make({ ...good, target: [] }), badArgument(/at least one column for target/));
  t.throws(make({ ...good, target: undefined }), badArgument(/for series of 2 columns, for target/));
  t.throws(make({ ...good, features: 'load' }), badArgument(/a list of columns for features/));
  t.throws(make({ ...good, test: 1.5 }), badArgument(/a share below 1, or a whole number of windows for test/));
  t.throws(make({ ...good, test: 15 }), badArgument(/leave windows for training of the 15 of the series/));
  t.throws(make({ ...good, test: 0.01 }), badArgument(/a share with at least one window for test/));
  t.throws(make({ ...good, scale: 'none' }), badArgument(/for scale/));
  t.throws(make({ ...good, dtype: 'int32' }), badArgument(/for dtype/));
  t.throws(make(good, { ...series, heat: upTo(19) }), shapeMismatch(/20 time steps for column 'heat' of series/));
  t.throws(
    make(good, { ...series, heat: upTo(20).map(String) }),
    badArgument(/a number for time step 0 of column 'heat'/),
  );
  t.throws(make({ ...good, names: ['a', 'b'] }), badArgument(/nothing, for columns by name, for names/));
  const withNaN = upTo(20).map((i) => (i === 7 ? Number.NaN : i));
  t.throws(make(good, { ...series, heat: withNaN }), notFinite(/NaN in time step 7, column 'heat'/));
  t.throws(
    make({ ...good, target: 0 }, [Tensor.zeros([9, 2]), Tensor.zeros([9, 3])]),
    shapeMismatch(/2 columns, as in series 0, for series 1 but received 3/),
  );
  t.throws(make(good, [series, { heat: upTo(9), load: upTo(9) }]), badArgument(/load, heat, as in series 0/));
  t.throws(make({ ...good, target: 0 }, Tensor.zeros([2, 3, 4])), shapeMismatch(/\[time, features\] for series/));
  t.throws(make({ ...good, target: 0, names: ['a'] }, Tensor.zeros([20, 2])), shapeMismatch(/2 names/));
  for (const other of [null, 5, 'load', [], {}, [[]], new Map()]) {
    t.throws(make({ ...good, target: 0 }, other), { name: 'BlasnetError' });
  }
});
