import test from 'ava';
import { DataReader, Tensor } from 'blasnet';
import { badArgument, notFinite, shapeMismatch, untyped } from '../support/errors.js';
import { transferAway } from '../support/memory.js';

/** Rows numbered from 0: x is [i, −i], y is [10 i]. */
function numbered(rows: number): DataReader {
  return DataReader.fromTensors({
    xTrain: Tensor.from(Array.from({ length: rows }, (_, i) => [i, -i])),
    yTrain: Tensor.from(Array.from({ length: rows }, (_, i) => [10 * i])),
  });
}
const column = (tensor: Tensor, index = 0) => (tensor.toArray() as number[][]).map((row) => row[index]);

test('fromTensors › counts and raw data', (t) => {
  const reader = DataReader.fromTensors({
    xTrain: Tensor.from([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    yTrain: Tensor.from([[1], [2], [3]]),
    xTest: Tensor.from([[7, 8]]),
    yTest: Tensor.from([[4]]),
  });
  const { numTrain, numTest, numValidation, numFeature, numCategory } = reader;
  t.deepEqual([numTrain, numTest, numValidation, numFeature, numCategory], [3, 1, 0, 2, 0]);
  t.deepEqual(reader.xTrain.toArray(), [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  t.deepEqual(reader.xTestRaw.toArray(), [[7, 8]]);
  t.deepEqual(reader.yTestRaw.toArray(), [[4]]);
});

test('fromTensors › errors', (t) => {
  const x = Tensor.zeros([2, 2]);
  const y = Tensor.zeros([2, 1]);
  const from = (tensors: Record<string, unknown>) => () => DataReader.fromTensors(untyped(tensors));
  t.throws(
    from({ xTrain: [[1]], yTrain: y }),
    badArgument(/a Tensor, or tensors by name for xTrain but received an array of 1/),
  );
  t.throws(from({ xTrain: x }), badArgument(/a Tensor, or tensors by name for yTrain but received undefined/));
  t.throws(from({ xTrain: x, yTrain: y, xTest: x }), badArgument(/both xTest and yTest, or neither .*'xTest alone'/));
  t.throws(from({ xTrain: x, yTrain: y, yTest: y }), badArgument(/both xTest and yTest, or neither .*'yTest alone'/));
  t.throws(
    from({ xTrain: x, yTrain: Tensor.zeros([3, 1]) }),
    shapeMismatch(/2 rows for the train labels but received 3/),
  );
  t.throws(
    from({ xTrain: x, yTrain: y, xTest: x, yTest: Tensor.zeros([1, 1]) }),
    shapeMismatch(/2 rows for the test labels but received 1/),
  );
  t.throws(
    from({ xTrain: x, yTrain: y, xTest: Tensor.zeros([1, 3]), yTest: Tensor.zeros([1, 1]) }),
    shapeMismatch(/2 features for the test set but received 3/),
  );
  t.throws(
    from({ xTrain: Tensor.zeros([0, 2]), yTrain: Tensor.zeros([0, 1]) }),
    badArgument(/at least one row for the train set but received 0/),
  );
});

test('fromTensors › NaN and infinity are named by row and column', (t) => {
  const bad = (value: number) =>
    Tensor.from([
      [1, 2],
      [3, 4],
      [5, value],
    ]);
  const good = Tensor.zeros([3, 2]);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    t.throws(
      () => DataReader.fromTensors({ xTrain: bad(value), yTrain: good }),
      notFinite(new RegExp(`^Expected finite numbers for the train set but received ${value} in row 2, column 1$`)),
    );
    t.throws(
      () => DataReader.fromTensors({ xTrain: good, yTrain: bad(value) }),
      notFinite(/for the train labels but received .* in row 2, column 1$/),
    );
    t.throws(
      () => DataReader.fromTensors({ xTrain: good, yTrain: good, xTest: bad(value), yTest: good }),
      notFinite(/for the test set but received .* in row 2, column 1$/),
    );
  }
});

test('fromTensors › memory that was transferred away', (t) => {
  const [good, gone] = [Tensor.zeros([2, 1]), Tensor.zeros([2, 1])];
  transferAway(gone.data);
  for (const [name, tensors] of [
    ['set', { xTrain: gone, yTrain: good }],
    ['labels', { xTrain: good, yTrain: gone }],
  ] as const) {
    const expected = new RegExp(`^Expected 2 rows for the train ${name} but received 'a detached buffer'$`);
    t.throws(() => DataReader.fromTensors(tensors), badArgument(expected));
  }
});

test('before there is data', async (t) => {
  const reader = new DataReader();
  const noData = badArgument(/readData to have finished for data but received 'no data'/);
  for (const call of [
    () => reader.normalizeX(),
    () => reader.normalizeY('fitting'),
    () => reader.toOneHot(),
    () => reader.toZeroOne(),
    () => reader.generateValidationSet(),
    () => reader.shuffle(),
    () => reader.getBatchSamples(1, 0),
    () => reader.xTrain,
    () => reader.yTrainRaw,
    () => reader.xTestRaw,
  ]) {
    t.throws(call, noData);
  }
  t.deepEqual([reader.numTrain, reader.numTest, reader.numValidation, reader.numFeature], [0, 0, 0, 0]);
  await t.throwsAsync(reader.readData(), badArgument(/\{ train, test\? \} for files but received undefined/));
});

test('what a reader does not have', (t) => {
  const reader = numbered(4);
  t.throws(() => reader.xTest, badArgument(/^Expected a reader with a test set for xTest but received 'one without'$/));
  t.throws(() => reader.yTestRaw, badArgument(/a test set for yTestRaw/));
  t.throws(() => reader.xDev, badArgument(/a reader with a validation set for xDev but received/));
  t.throws(
    () => reader.deNormalizeY(Tensor.zeros([1, 1])),
    badArgument(/normalizeY\('fitting'\) before it for deNorm/),
  );
  t.throws(
    () => reader.normalizePredictData(Tensor.zeros([1, 2])),
    badArgument(/normalizeX before it for normalizePr/),
  );
});

test('normalizeY › refuses what is no type of net, and leaves labels alone', (t) => {
  const reader = numbered(3);
  for (const netType of ['mutlipleClassifier', 'Fitting', '', undefined, null, 2]) {
    t.throws(
      () => reader.normalizeY(untyped(netType)),
      badArgument(/^Expected 'fitting', 'binaryClassifier' or 'multipleClassifier' for netType but received/),
    );
  }
  t.deepEqual(column(reader.yTrain), [0, 10, 20]);
});

test('generateValidationSet › the first rows leave the training set', (t) => {
  const reader = numbered(23);
  reader.generateValidationSet(5);
  t.is(reader.numValidation, 4);
  t.is(reader.numTrain, 19);
  t.deepEqual(column(reader.xDev), [0, 1, 2, 3]);
  t.deepEqual(column(reader.yDev), [0, 10, 20, 30]);
  t.is(column(reader.xTrain)[0], 4);
  t.is(column(reader.yTrain).at(-1), 220);
});

test('generateValidationSet › a tenth by default', (t) => {
  const reader = numbered(20);
  reader.generateValidationSet();
  t.is(reader.numValidation, 2);
});

test('generateValidationSet › errors', (t) => {
  const reader = numbered(10);
  for (const k of [
    1,
    0,
    -2,
    0.05,
    11,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    ...['ten', 10n, null].map(untyped<number>),
  ]) {
    t.throws(
      () => reader.generateValidationSet(k),
      badArgument(/a share such as 0.2, or a divisor above 1 .* rows for both sets of 10 for k but received/),
    );
  }
  t.is(reader.numValidation, 0);
  reader.generateValidationSet(2);
  t.throws(() => reader.generateValidationSet(2), badArgument(/to be called once for generateValidationSet/));
  for (const call of [
    () => reader.normalizeX(),
    () => reader.normalizeY('fitting'),
    () => reader.toOneHot(),
    () => reader.toZeroOne(),
  ]) {
    t.throws(call, badArgument(/calls before the validation set is taken for normalizeX and normalizeY/));
  }
});

test('shuffle › a permutation of whole rows that depends on the seed only', (t) => {
  const orders = [1, 1, 2].map((seed) => {
    const reader = numbered(50);
    reader.shuffle(seed);
    t.deepEqual(
      column(reader.yTrain),
      column(reader.xTrain).map((i) => 10 * i!),
    );
    return column(reader.xTrain);
  });
  t.deepEqual(orders[0], orders[1]);
  t.notDeepEqual(orders[0], orders[2]);
  t.deepEqual(
    orders[0]!.toSorted((a, b) => a! - b!),
    Array.from({ length: 50 }, (_, i) => i),
  );
});

test('shuffle › normalising afterwards keeps the order', (t) => {
  const reader = numbered(50);
  reader.shuffle(3);
  reader.shuffle(4);
  const order = column(reader.xTrain);
  reader.normalizeX();
  reader.normalizeY('fitting');
  t.deepEqual(
    column(reader.xTrain),
    order.map((i) => Math.fround(i! / 49)),
  );
  t.deepEqual(
    column(reader.yTrain),
    order.map((i) => Math.fround(i! / 49)),
  );
});

test('shuffle › the validation set stays where it is', (t) => {
  const reader = numbered(20);
  reader.generateValidationSet(4);
  reader.shuffle(1);
  t.deepEqual(column(reader.xDev), [0, 1, 2, 3, 4]);
  t.deepEqual(
    column(reader.xTrain).toSorted((a, b) => a! - b!),
    Array.from({ length: 15 }, (_, i) => i + 5),
  );
});

test('shuffle › errors', (t) => {
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
    t.throws(() => numbered(3).shuffle(seed), badArgument(/a whole number from 0 to 2\^53 - 1 for seed/));
  }
});

test('getBatchSamples', (t) => {
  const reader = numbered(5);
  t.deepEqual(reader.getBatchSamples(2, 1).x.toArray(), [
    [2, -2],
    [3, -3],
  ]);
  t.deepEqual(reader.getBatchSamples(2, 2).y.toArray(), [[40]]);
  t.deepEqual(reader.getBatchSamples(99, 0).x.shape, [5, 2]);
  for (const [size, iteration] of [
    [2, 3],
    [2, -1],
    [2, 0.5],
    [2, untyped<number>(1n)],
    [2, untyped<number>(undefined)],
  ] as const) {
    const expected = /^Expected a whole number from 0 to 2, for 5 rows for iteration but received/;
    t.throws(() => reader.getBatchSamples(size, iteration), badArgument(expected));
  }
  for (const size of [0, 1.5, Number.NaN, ...[10n, '2', Symbol('s')].map(untyped<number>)]) {
    t.throws(() => reader.getBatchSamples(size, 0), badArgument(/^Expected a whole number above 0 for batchSize but/));
  }
});
