import test from 'ava';
import { DataReader, Tensor } from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';

/** Rows numbered from 0: x is [i, −i], y is [10 i]. */
function numbered(rows: number): DataReader {
  return DataReader.fromTensors({
    xTrain: Tensor.from(Array.from({ length: rows }, (_, i) => [i, -i])),
    yTrain: Tensor.from(Array.from({ length: rows }, (_, i) => [10 * i])),
  });
}
const labelled = (...labels: number[]) =>
  DataReader.fromTensors({
    xTrain: Tensor.zeros([labels.length, 1]),
    yTrain: Tensor.from(labels.map((label) => [label])),
  });

test('normalizeX › over train and test together, and a constant feature becomes 0', (t) => {
  const reader = DataReader.fromTensors({
    xTrain: Tensor.from([
      [0, 7, -1],
      [4, 7, 1],
    ]),
    yTrain: Tensor.zeros([2, 1]),
    xTest: Tensor.from([[8, 7, 0]]),
    yTest: Tensor.zeros([1, 1]),
  });
  reader.normalizeX();
  t.deepEqual(reader.xTrain.toArray(), [
    [0, 0, 0],
    [0.5, 0, 1],
  ]);
  t.deepEqual(reader.xTest.toArray(), [[1, 0, 0.5]]);
  t.deepEqual(reader.xTrainRaw.toArray(), [
    [0, 7, -1],
    [4, 7, 1],
  ]);
  t.deepEqual(reader.normalizePredictData(Tensor.from([[16, 9, -3]])).toArray(), [[2, 0, -1]]);
  t.throws(
    () => reader.normalizePredictData(Tensor.from([[1, 2]])),
    shapeMismatch(/3 columns for rows but received 2/),
  );
});

test('normalizeX › twice is once', (t) => {
  const reader = numbered(5);
  reader.normalizeX();
  const once = reader.xTrain.toArray();
  reader.normalizeX();
  t.deepEqual(reader.xTrain.toArray(), once);
  t.deepEqual(once, [
    [0, 1],
    [0.25, 0.75],
    [0.5, 0.5],
    [0.75, 0.25],
    [1, 0],
  ]);
});

test("normalizeY › 'fitting' and back", (t) => {
  const reader = DataReader.fromTensors({
    xTrain: Tensor.zeros([3, 1]),
    yTrain: Tensor.from(
      [
        [100, 5],
        [300, 5],
        [200, 5],
      ],
      undefined,
      'float64',
    ),
  });
  reader.normalizeY('fitting');
  t.deepEqual(reader.yTrain.toArray(), [
    [0, 0],
    [1, 0],
    [0.5, 0],
  ]);
  t.deepEqual(
    reader
      .deNormalizeY(
        Tensor.from([
          [0.25, 0],
          [2, 1],
        ]),
      )
      .toArray(),
    [
      [150, 5],
      [500, 5],
    ],
  );
  t.deepEqual(reader.deNormalizeY(reader.yTrain).toArray(), reader.yTrainRaw.toArray());
  t.is(reader.numCategory, 0);
});

test('normalizeY › classifiers', (t) => {
  const several = labelled(2, 4, 3);
  several.normalizeY('multipleClassifier', 2);
  t.deepEqual(several.yTrain.toArray(), [
    [1, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
  ]);
  t.is(several.numCategory, 3);
  const two = labelled(1, 2, 1);
  two.normalizeY('binaryClassifier', 1);
  t.deepEqual(two.yTrain.toArray(), [[0], [1], [0]]);
  t.is(two.numCategory, 2);
});

test('toOneHot › the test set counts, too', (t) => {
  const reader = DataReader.fromTensors({
    xTrain: Tensor.zeros([2, 1]),
    yTrain: Tensor.from([[0], [1]]),
    xTest: Tensor.zeros([1, 1]),
    yTest: Tensor.from([[2]]),
  });
  reader.toOneHot();
  t.deepEqual(reader.yTrain.toArray(), [
    [1, 0, 0],
    [0, 1, 0],
  ]);
  t.deepEqual(reader.yTest.toArray(), [[0, 0, 1]]);
});

test('toOneHot › errors leave the labels as they were', (t) => {
  const reader = labelled(1, 0, 2);
  t.throws(
    () => reader.toOneHot(1),
    badArgument(/^Expected a whole number from 1 on for the label in row 1 but received 0/),
  );
  t.throws(() => reader.toOneHot(0.5), badArgument(/a whole number for base but received 0.5/));
  t.throws(() => labelled(0, 1.5).toOneHot(), badArgument(/for the label in row 1 but received 1.5/));
  t.throws(
    () => labelled(0, 2e6).toOneHot(),
    badArgument(/fewer than a million classes for labels but received 2000001/),
  );
  t.throws(
    () => labelled(...Array.from({ length: 24_000 }, (_, i) => i)).normalizeY('multipleClassifier'),
    badArgument(
      /^Expected at most 536870912 numbers \(fewer classes, or normalizeY\('fitting'\) .*\) for one-hot labels but received '24000 rows × 24000 columns, 2.3 GB'$/,
    ),
  );
  t.throws(() => numberedPairs().toOneHot(), badArgument(/one column for labels but received '2'/));
  t.deepEqual(reader.yTrain.toArray(), [[1], [0], [2]]);
  t.is(reader.numCategory, 0);
});
const numberedPairs = () => DataReader.fromTensors({ xTrain: Tensor.zeros([1, 1]), yTrain: Tensor.from([[1, 2]]) });

test('toZeroOne', (t) => {
  const reader = labelled(0, 1, 1);
  reader.toZeroOne();
  t.deepEqual(reader.yTrain.toArray(), [[0], [1], [1]]);
  const signs = labelled(-1, 1);
  signs.toZeroOne({ positiveLabel: -1, negativeLabel: 1 });
  t.deepEqual(signs.yTrain.toArray(), [[1], [0]]);
});

test('toZeroOne › errors', (t) => {
  t.throws(() => labelled(0, 1, 2).toZeroOne(), badArgument(/^Expected 0 or 1 for the label in row 2 but received 2$/));
  t.throws(
    () => labelled(3).toZeroOne({ positiveLabel: 2, negativeLabel: 1 }),
    badArgument(/1 or 2 for the label in row 0 but received 3/),
  );
  t.throws(
    () => labelled(1).toZeroOne({ positiveLabel: 1, negativeLabel: 1 }),
    badArgument(/another label than negativeLabel for positiveLabel but received 1/),
  );
  t.throws(() => numberedPairs().toZeroOne(), badArgument(/one column for labels/));
});

test('normalizePredictData and deNormalizeY › one row, float64, constant columns', (t) => {
  const xTrain = Tensor.from(
    [
      [0, 7, 1e9],
      [4, 7, 1e9 + 1],
    ],
    undefined,
    'float64',
  );
  const reader = DataReader.fromTensors({
    xTrain,
    yTrain: Tensor.from(
      [
        [100, 5],
        [300, 5],
      ],
      undefined,
      'float64',
    ),
  });
  reader.normalizeX();
  reader.normalizeY('fitting');
  t.is(reader.xTrain.dtype, 'float64');
  t.deepEqual(reader.xTrain.toArray(), [
    [0, 0, 0],
    [1, 0, 1],
  ]);
  const row = reader.normalizePredictData(Tensor.from([1, 9, 1e9 + 0.5], undefined, 'float64'));
  t.deepEqual([row.shape, row.dtype, row.toArray()], [[1, 3], 'float64', [[0.25, 0, 0.5]]]);
  const single = reader.normalizePredictData(Tensor.from([1, 9, 1e9]));
  t.deepEqual([single.shape, single.dtype, single.toArray()], [[1, 3], 'float32', [[0.25, 0, 0]]]);
  const y = reader.deNormalizeY(Tensor.from([0.1, 0.7], undefined, 'float64'));
  t.deepEqual([y.shape, y.dtype, y.toArray()], [[1, 2], 'float64', [[120, 5]]]);
  t.throws(
    () => reader.normalizePredictData(untyped([[1, 9, 1]])),
    badArgument(/a Tensor, or tensors by name for rows but received an arr/),
  );
  t.throws(() => reader.normalizePredictData(Tensor.from([1, 9, 1], [3])), shapeMismatch(/3 columns for rows .* 1$/));
  t.throws(() => reader.deNormalizeY(Tensor.from([1])), shapeMismatch(/2 columns for rows but received 1/));
});

test('a data set of one row, and one where every column is constant', (t) => {
  const reader = DataReader.fromTensors({ xTrain: Tensor.from([[3, 4]]), yTrain: Tensor.from([[5]]) });
  reader.normalizeX();
  reader.normalizeY('fitting');
  t.deepEqual(reader.xTrain.toArray(), [[0, 0]]);
  t.deepEqual(reader.yTrain.toArray(), [[0]]);
  t.deepEqual(reader.normalizePredictData(Tensor.from([7, 8])).toArray(), [[0, 0]]);
  t.deepEqual(reader.deNormalizeY(Tensor.from([[0], [1]])).toArray(), [[5], [5]]);
});

test('normalizeY › back and forth through many rows of float32', (t) => {
  const yTrain = Tensor.from(
    Float32Array.from({ length: 1000 }, (_, i) => 7.5e4 * Math.sin(i) + 3e5),
    [1000, 1],
  );
  const reader = DataReader.fromTensors({ xTrain: yTrain, yTrain });
  reader.normalizeY('fitting');
  const { data } = reader.yTrain;
  t.true(data.every((value) => value >= 0 && value <= 1) && data.includes(0) && data.includes(1));
  const back = reader.deNormalizeY(reader.yTrain).data;
  // A 24-bit fraction of the range of 1.5e5.
  t.true(back.every((value, i) => Math.abs(value - yTrain.data[i]!) <= 0.05));
});

test('labels of another kind replace what normalizeY learnt', (t) => {
  const reader = labelled(0, 1, 2);
  reader.normalizeY('fitting');
  reader.toOneHot();
  t.throws(() => reader.deNormalizeY(Tensor.zeros([1, 1])), badArgument(/normalizeY\('fitting'\) before it/));
  t.is(reader.numCategory, 3);
  reader.normalizeY('fitting');
  t.is(reader.numCategory, 0);
  t.deepEqual(reader.deNormalizeY(Tensor.from([[0.5]])).toArray(), [[1]]);
});

test('a test set of other labels than the training set', (t) => {
  const reader = DataReader.fromTensors({
    xTrain: Tensor.zeros([2, 1]),
    yTrain: Tensor.from([[0], [1]]),
    xTest: Tensor.zeros([1, 1]),
    yTest: Tensor.from([[0, 1]]),
  });
  t.throws(() => reader.normalizeY('fitting'), shapeMismatch(/1 columns for rows but received 2/));
});
