import test from 'ava';
import { DataReader, Tensor } from 'blasnet';
import { badArgument, notFinite, shapeMismatch, untyped } from '../support/errors.js';
import { batch, epochOf, read, six } from '../support/streams.js';

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
    await t.throwsAsync(
      epoch([six[0], bad]),
      badArgument(/(\{ x: Tensor, y: Tensor \} for|tensors by name for x in) batch 1 of epoch/),
    );
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
  t.throws(
    from({ xTest: [[1]], yTest: y }),
    badArgument(/a Tensor, or tensors by name for xTest but received an array of 1/),
  );
});
