import test from 'ava';
import { DataReader, type RowBatch, type StreamOptions, Tensor } from 'blasnet';
import { readCsv } from '../support/csv.js';
import { badArgument, notFinite, shapeMismatch, untyped } from '../support/errors.js';

const batch = (x: number[][], y: number[][]): RowBatch => ({ x: Tensor.from(x), y: Tensor.from(y) });
/** Six rows in three batches, the last one empty; labels are 0, 1, 2, 2, 0, 2. */
const six = [
  batch(
    [
      [0, 5, -1],
      [4, 5, 1],
      [2, 5, 0],
    ],
    [[0], [1], [2]],
  ),
  batch(
    [
      [1, 5, 0],
      [3, 5, 0],
      [8, 5, 1],
    ],
    [[2], [0], [2]],
  ),
  { x: Tensor.zeros([0, 3]), y: Tensor.zeros([0, 1]) },
];

async function read(batches: readonly RowBatch[], options?: StreamOptions): Promise<DataReader> {
  const reader = DataReader.fromBatches(() => batches, options);
  await reader.readData();
  return reader;
}

/** All rows of one epoch, as training gets them. */
async function epochOf(reader: DataReader): Promise<{ x: number[][]; y: number[][] }> {
  const rows: { x: number[][]; y: number[][] } = { x: [], y: [] };
  const parts = reader.trainingStream!.open();
  for await (const part of { [Symbol.asyncIterator]: () => parts }) {
    for (const which of ['x', 'y'] as const) {
      const { data, count, rowShape } = part[which];
      rows[which].push(...(Tensor.from(data as Float32Array, [count, ...rowShape]).toArray() as number[][]));
    }
  }
  return rows;
}

test('readData › counts and shapes', async (t) => {
  const reader = await read(six);
  t.deepEqual([reader.numTrain, reader.numFeature, reader.numTest, reader.numValidation], [6, 3, 0, 0]);
  const { count, xShape, yShape } = reader.trainingStream!;
  t.deepEqual([count, xShape, yShape], [6, [3], [1]]);
  t.deepEqual(await epochOf(reader), {
    x: six.flatMap(({ x }) => x.toArray() as number[][]),
    y: six.flatMap(({ y }) => y.toArray() as number[][]),
  });
});

test('sources › async generators, and generators that are begun anew', async (t) => {
  let begun = 0;
  const reader = DataReader.fromBatches(async function* () {
    begun++;
    for (const rows of six) yield rows;
  });
  await reader.readData();
  t.is((await epochOf(reader)).x.length, 6);
  t.is((await epochOf(reader)).x.length, 6);
  t.is(begun, 3);
});

test('sources › images keep their shape', async (t) => {
  const reader = await read([{ x: Tensor.zeros([2, 3, 4, 5]), y: Tensor.zeros([2, 10]) }]);
  t.is(reader.numFeature, 60);
  reader.normalizeX();
  t.deepEqual([reader.trainingStream!.xShape, reader.trainingStream!.yShape], [[3, 4, 5], [10]]);
});

test('numTrain › the rows of an epoch of an endless source', async (t) => {
  let ended = 0;
  const endless = function* () {
    try {
      for (let i = 0; ; i += 2) yield batch([[i], [i + 1]], [[0], [1]]);
    } finally {
      ended++;
    }
  };
  const reader = DataReader.fromBatches(endless, { numTrain: 5 });
  await reader.readData();
  t.is(reader.numTrain, 5);
  t.deepEqual((await epochOf(reader)).x, [[0], [1], [2], [3], [4]]);
  t.is(ended, 2);
  await t.throwsAsync(read(six, { numTrain: 7 }), shapeMismatch(/^Expected 7 rows for the stream but received 6$/));
});

test('normalizeX and normalizeY › ranges of the whole stream, in every epoch', async (t) => {
  const reader = await read(six);
  reader.normalizeX();
  reader.normalizeY('fitting');
  const expected = {
    x: [
      [0, 0, 0],
      [0.5, 0, 1],
      [0.25, 0, 0.5],
      [0.125, 0, 0.5],
      [0.375, 0, 0.5],
      [1, 0, 1],
    ],
    y: [[0], [0.5], [1], [1], [0], [1]],
  };
  t.deepEqual(await epochOf(reader), expected);
  t.deepEqual(await epochOf(reader), expected);
  t.deepEqual(reader.normalizePredictData(Tensor.from([[16, 9, 0]])).toArray(), [[2, 0, 0.5]]);
  t.deepEqual(reader.deNormalizeY(Tensor.from([[0.5], [2]])).toArray(), [[1], [4]]);
  t.deepEqual(six[0]!.x.toArray()[0], [0, 5, -1]);
});

test('normalisation › merged with the test and the validation set', async (t) => {
  const reader = await read(six, {
    xTest: Tensor.from([[16, 5, 0]]),
    yTest: Tensor.from([[4]]),
    xValidation: Tensor.from([
      [0, 6, 3],
      [0, 5, 1],
    ]),
    yValidation: Tensor.from([[1], [2]]),
  });
  reader.normalizeX();
  reader.normalizeY('fitting');
  t.deepEqual((await epochOf(reader)).x[5], [0.5, 0, 0.5]);
  t.deepEqual((await epochOf(reader)).y[2], [0.5]);
  t.deepEqual(reader.xTest.toArray(), [[1, 0, 0.25]]);
  t.deepEqual(reader.xTestRaw.toArray(), [[16, 5, 0]]);
  t.deepEqual(reader.yTest.toArray(), [[1]]);
  t.deepEqual(reader.xDev.toArray(), [
    [0, 1, 1],
    [0, 0, 0.5],
  ]);
  t.deepEqual(reader.yDev.toArray(), [[0.25], [0.5]]);
  t.deepEqual([reader.numTest, reader.numValidation], [1, 2]);
  reader.generateValidationSet();
  t.deepEqual([reader.numTrain, reader.numValidation], [6, 2]);
});

test('test and validation set › of further readers', async (t) => {
  const validation = DataReader.fromTensors({ xTrain: Tensor.from([[1, 2, 3]]), yTrain: Tensor.from([[2]]) });
  const csv = await readCsv(t, { train: 'a,b,c,y\n8,5,-1,1\n', label: 'y' });
  const reader = await read(six, { validation, test: csv });
  reader.normalizeX();
  reader.toOneHot();
  t.deepEqual(reader.xTest.toArray(), [[1, 1, 0]]);
  t.deepEqual(reader.yTest.toArray(), [[0, 1, 0]]);
  t.deepEqual(reader.yDev.toArray(), [[0, 0, 1]]);
  t.deepEqual(validation.xTrain.toArray(), [[1, 2, 3]]);
});

test('toOneHot, class weights', async (t) => {
  const reader = await read(six);
  reader.toOneHot();
  t.is(reader.numCategory, 3);
  t.deepEqual(reader.trainingStream!.yShape, [3]);
  t.deepEqual((await epochOf(reader)).y, [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [0, 0, 1],
    [1, 0, 0],
    [0, 0, 1],
  ]);
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(1, 2, 2 / 3));
  reader.setClassWeights([1, 2, 3]);
  t.deepEqual(reader.classWeights, Float64Array.of(1, 2, 3));
});

test('toZeroOne, class weights', async (t) => {
  const reader = await read([batch([[1], [2], [3], [4]], [[7], [8], [8], [8]])]);
  reader.normalizeY('binaryClassifier', 7);
  t.deepEqual((await epochOf(reader)).y, [[0], [1], [1], [1]]);
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(2, 2 / 3));
});

test('class weights of labels that came one-hot', async (t) => {
  const reader = await read([
    batch(
      [[1], [2], [3]],
      [
        [0, 1],
        [1, 0],
        [0, 1],
      ],
    ),
  ]);
  reader.setClassWeights('balanced');
  t.deepEqual(reader.classWeights, Float64Array.of(1.5, 0.75));
  const others = await read([
    batch(
      [[1], [2]],
      [
        [0, 1],
        [1, 1],
      ],
    ),
  ]);
  t.throws(() => others.setClassWeights('balanced'), badArgument(/one-hot labels for classes in a stream/));
});

test('labels that are no classes are named by their row in the stream', async (t) => {
  const reader = await read([batch([[0], [0]], [[0], [1]]), batch([[0], [0]], [[1], [2.5]])]);
  const nothing = /a whole number from 0 on for the label in row 3 but received 2.5/;
  t.throws(() => reader.toOneHot(), badArgument(nothing));
  t.throws(() => reader.toZeroOne(), badArgument(/^Expected 0 or 1 for the label in row 3 but received 2.5$/));
  t.is(reader.numCategory, 0);
  t.deepEqual((await epochOf(reader)).y[3], [2.5]);
  const many = Tensor.from(
    Float32Array.from({ length: 10_001 }, (_, i) => i),
    [10_001, 1],
  );
  t.throws(
    () => reader.setClassWeights('balanced'),
    badArgument(/one-hot rows or 0 and 1 \(see normalizeY\) for the labels of setClassWeights but received 2.5/),
  );
  const fitting = await read([{ x: many, y: many }]);
  t.throws(() => fitting.toOneHot(), badArgument(/at most 10000 different labels for classes in a stream/));
  fitting.normalizeY('fitting');
  t.is((await epochOf(fitting)).y[10_000]![0], 1);
});

test('what a stream does not have', async (t) => {
  const reader = await read(six);
  const inMemory = /^Expected a reader whose training rows are in memory for .* but received 'a reader of batches'$/;
  for (const call of [
    () => reader.xTrain,
    () => reader.yTrainRaw,
    () => reader.trainingPart,
    () => reader.getBatchSamples(1, 0),
    () => reader.shuffle(),
    () => reader.splitTestSet(),
  ]) {
    t.throws(call, badArgument(inMemory));
  }
  t.throws(
    () => reader.generateValidationSet(),
    badArgument(/^Expected xValidation and yValidation for the validation set of a stream but received 'none'$/),
  );
  t.is(DataReader.fromTensors({ xTrain: six[0]!.x, yTrain: six[0]!.y }).trainingStream, undefined);
});

test('before readData', (t) => {
  const reader = DataReader.fromBatches(() => six);
  const noData = badArgument(/readData to have finished for data/);
  for (const call of [() => reader.trainingStream, () => reader.normalizeX(), () => reader.xTrain])
    t.throws(call, noData);
  t.is(reader.numTrain, 0);
});

test('rows are checked in every epoch', async (t) => {
  let rows: readonly unknown[] = six;
  const reader = DataReader.fromBatches(() => untyped(rows));
  await reader.readData();
  const epoch = (batches: readonly unknown[]) => {
    rows = batches;
    return epochOf(reader);
  };
  const short = /^Expected 6 rows for epoch 1 of the stream but received 3$/;
  await t.throwsAsync(epoch(six.slice(0, 1)), shapeMismatch(short));
  const long = /^Expected 6 rows for epoch 2 of the stream but received more$/;
  await t.throwsAsync(epoch([...six, six[0]]), shapeMismatch(long));
  await t.throwsAsync(
    epoch([six[0], batch([[1]], [[1]])]),
    shapeMismatch(/^Expected rows of shape \[3\] for x in batch 1 of epoch 3 of the stream but received \[1\]$/),
  );
  await t.throwsAsync(
    epoch([batch([[1, 2, 3]], [[1, 2]])]),
    shapeMismatch(/rows of shape \[1\] for y in batch 0 of epoch 4 of the stream but received \[2\]/),
  );
  await t.throwsAsync(
    epoch([
      six[0],
      batch(
        [
          [1, 2, 3],
          [1, 2, Number.NaN],
        ],
        [[1], [1]],
      ),
    ]),
    notFinite(/^Expected finite numbers for x in epoch 5 of the stream but received NaN in row 4, column 2$/),
  );
  await t.throwsAsync(
    epoch([batch([[1, 2, 3]], [[Number.POSITIVE_INFINITY]])]),
    notFinite(/for y in epoch 6 of the stream but received Infinity in row 0, column 0/),
  );
  await t.throwsAsync(
    epoch([batch([[1, 2, 3]], [[1], [2]])]),
    shapeMismatch(/^Expected 1 rows for y in batch 0 of epoch 7 of the stream but received 2$/),
  );
  for (const bad of [undefined, {}, { x: [[1, 2, 3]], y: [[1]] }, [1, 2]]) {
    await t.throwsAsync(epoch([six[0], bad]), badArgument(/\{ x: Tensor, y: Tensor \} for batch 1 of epoch/));
  }
  const detached = batch([[1, 2, 3]], [[1]]);
  structuredClone(detached.x.data.buffer, { transfer: [detached.x.data.buffer as ArrayBuffer] });
  await t.throwsAsync(epoch([detached]), badArgument(/tensors with their memory for batch 0/));
  t.is((await epoch(six)).x.length, 6);
});

test('labels that only a later epoch has are named by their row', async (t) => {
  let last = 2;
  const reader = DataReader.fromBatches(() => [
    six[0]!,
    batch(
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
      [[0], [last]],
    ),
  ]);
  await reader.readData();
  reader.toOneHot();
  last = 3;
  await t.throwsAsync(
    epochOf(reader),
    badArgument(/^Expected a whole number from 0 to 2 for the label in row 4 but received 3$/),
  );
});

test('errors of readData', async (t) => {
  await t.throwsAsync(read([]), badArgument(/at least one row for the stream but received 'none'/));
  await t.throwsAsync(
    read([six[0]!, batch([[1]], [[1]])]),
    shapeMismatch(/rows of shape \[3\] for x in batch 1 of the stream but received \[1\]/),
  );
  for (const bad of [undefined, 5, {}]) {
    const reader = DataReader.fromBatches(() => untyped(bad));
    await t.throwsAsync(reader.readData(), badArgument(/an iterable of \{ x, y \} for what the source gives/));
  }
  await t.throwsAsync(
    read(six, { xTest: Tensor.from([[1, 2]]), yTest: Tensor.from([[1]]) }),
    shapeMismatch(/3 features for the test set but received 2/),
  );
  await t.throwsAsync(
    read(six, { xValidation: Tensor.from([[1, 2, Number.NaN]]), yValidation: Tensor.from([[1]]) }),
    notFinite(/the validation set but received NaN/),
  );
});

test('what the source throws passes', async (t) => {
  const mine = new RangeError('mine');
  let fails = false;
  const reader = DataReader.fromBatches(function* () {
    yield six[0]!;
    if (fails) throw mine;
  });
  await reader.readData();
  fails = true;
  t.is(await epochOf(reader).catch((error) => error), mine);
  t.is(await reader.readData().catch((error) => error), mine);
  const fromStart = DataReader.fromBatches(() => {
    throw mine;
  });
  t.is(await fromStart.readData().catch((error) => error), mine);
});

test('the source is told when an epoch ends early', async (t) => {
  let ended = 0;
  let limit = Number.POSITIVE_INFINITY;
  const reader = DataReader.fromBatches(async function* () {
    try {
      for (const rows of six) {
        if (limit-- <= 0) throw new Error('unused');
        yield rows;
      }
    } finally {
      ended++;
    }
  });
  await reader.readData();
  t.is(ended, 1);
  const epoch = reader.trainingStream!.open();
  await epoch.next();
  t.is(ended, 1);
  await epoch.return!();
  t.is(ended, 2);
  t.deepEqual(await epoch.next(), { done: true, value: undefined });
  limit = 1;
  const broken = reader.trainingStream!.open();
  await broken.next();
  await t.throwsAsync(async () => broken.next(), { message: 'unused' });
  t.is(ended, 3);
});

test('fromBatches › errors', (t) => {
  const [x, y] = [Tensor.zeros([1, 3]), Tensor.zeros([1, 1])];
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: y });
  const from = (options: unknown) => () => DataReader.fromBatches(() => six, untyped(options));
  t.throws(
    () => DataReader.fromBatches(untyped(six)),
    badArgument(/a function that gives the batches of an epoch for source/),
  );
  for (const numTrain of [0, -1, 1.5, '5']) {
    t.throws(from({ numTrain }), badArgument(/a whole number above 0 for numTrain/));
  }
  t.throws(
    from({ xTest: x }),
    badArgument(/both xTest and yTest, or a reader, or neither for the test set .* 'xTest alone'/),
  );
  t.throws(from({ yValidation: y }), badArgument(/for the validation set but received 'yValidation alone'/));
  t.throws(
    from({ xTest: x, yTest: y, test: reader }),
    badArgument(/for the test set but received 'tensors and a reader'/),
  );
  t.throws(from({ validation: six }), badArgument(/a DataReader for validation but received an array of 3/));
  t.throws(from({ xTest: [[1]], yTest: y }), badArgument(/a Tensor for xTest but received an array of 1/));
});
