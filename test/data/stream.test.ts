import test from 'ava';
import { DataReader, Tensor } from 'blasnet';
import { readCsv } from '../support/csv.js';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { batch, epochOf, read, six } from '../support/streams.js';

/** Shapes of the rows that training gets. */
function shapesOf(reader: DataReader) {
  const { inputs, targets } = reader.trainingStream!.like;
  return [inputs[''], targets['']].map((rows) => rows?.rowShape);
}

test('readData › counts and shapes', async (t) => {
  const reader = await read(six);
  t.deepEqual([reader.numTrain, reader.numFeature, reader.numTest, reader.numValidation], [6, 3, 0, 0]);
  t.deepEqual([reader.trainingStream!.count, ...shapesOf(reader)], [6, [3], [1]]);
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
  t.deepEqual(shapesOf(reader), [[3, 4, 5], [10]]);
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
  t.deepEqual(shapesOf(reader)[1], [3]);
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

test('toOneHot › labels that are no classes', async (t) => {
  const labels = Array.from({ length: 900 }, (_, i) => [i * 1000]);
  const reader = await read([batch(labels, labels)]);
  t.throws(() => reader.toOneHot(), badArgument(/for one-hot labels but received '900 rows × 899001 columns, 6.5 GB'/));
  t.deepEqual((await epochOf(reader)).y, labels);
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
