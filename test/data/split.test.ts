import { join } from 'node:path';
import test from 'ava';
import { DataReader, Tensor } from 'blasnet';
import { writeNpz } from '#blasnet/npz/npz';
import { readCsv } from '../support/csv.js';
import { badArgument } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';

/** Rows numbered from 0: x is [i, 99 − i], y is [10 i]. */
const tensors = (rows: number) => ({
  xTrain: Tensor.from(Array.from({ length: rows }, (_, i) => [i, 99 - i])),
  yTrain: Tensor.from(Array.from({ length: rows }, (_, i) => [10 * i])),
});
const column = (tensor: Tensor) => (tensor.toArray() as number[][]).map((row) => row[0]!);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test('splitTestSet › random rows, whole ones, each in one of the sets', (t) => {
  const reader = DataReader.fromTensors(tensors(23));
  reader.splitTestSet(5);
  t.deepEqual([reader.numTrain, reader.numTest], [19, 4]);
  const x = [...column(reader.xTrain), ...column(reader.xTest)];
  t.deepEqual(
    x.toSorted((a, b) => a - b),
    upTo(23),
  );
  t.notDeepEqual(x, upTo(23));
  t.deepEqual(
    [...column(reader.yTrain), ...column(reader.yTest)],
    x.map((i) => 10 * i),
  );
  t.deepEqual(column(reader.xTrainRaw), column(reader.xTrain));
  t.deepEqual(column(reader.xTestRaw), column(reader.xTest));
});

test('splitTestSet › the seed decides, and a fifth is the default', (t) => {
  const tests = [0, 0, 1].map((seed) => {
    const reader = DataReader.fromTensors(tensors(50));
    reader.splitTestSet(undefined, seed);
    t.is(reader.numTest, 10);
    return column(reader.xTest);
  });
  t.deepEqual(tests[0], tests[1]);
  t.notDeepEqual(tests[0], tests[2]);
});

test('a number below 1 is a share of the rows', async (t) => {
  for (const [rows, share, expected] of [
    [10, 0.3, 3],
    [100, 0.29, 29],
    [23, 0.2, 4],
    [1000, 0.001, 1],
  ] as const) {
    const reader = DataReader.fromTensors(tensors(rows));
    reader.splitTestSet(share);
    t.deepEqual([reader.numTrain, reader.numTest], [rows - expected, expected]);
    const validated = DataReader.fromTensors(tensors(rows));
    validated.generateValidationSet(share);
    t.deepEqual([validated.numTrain, validated.numValidation], [rows - expected, expected]);
  }
  const [byShare, byDivisor] = [0.2, 5].map((k) => {
    const reader = DataReader.fromTensors(tensors(50));
    reader.splitTestSet(k);
    return column(reader.xTest);
  });
  t.deepEqual(byShare, byDivisor);
  const train = upTo(20)
    .map((i) => `${i},${i}\n`)
    .join('');
  const options = { train, header: false, label: 1 } as const;
  t.is((await readCsv(t, { ...options, split: 0.25 })).numTest, 5);
  t.is((await readCsv(t, { ...options, split: { k: 0.1, seed: 3 } })).numTest, 2);
  await t.throwsAsync(readCsv(t, { ...options, split: 0.01 }), badArgument(/both sets of 20 for k but received 0.01/));
});

test('splitTestSet › then normalisation, over both sets, shuffling and validation', (t) => {
  const reader = DataReader.fromTensors(tensors(21));
  reader.splitTestSet(3);
  reader.shuffle(2);
  reader.normalizeX();
  reader.normalizeY('fitting');
  reader.generateValidationSet(7);
  t.deepEqual([reader.numTrain, reader.numValidation, reader.numTest], [12, 2, 7]);
  for (const part of ['Train', 'Dev', 'Test'] as const)
    t.deepEqual(column(reader[`x${part}`]), column(reader[`y${part}`]));
  const all = [...column(reader.xTrain), ...column(reader.xDev), ...column(reader.xTest)];
  t.deepEqual(
    all.toSorted((a, b) => a - b),
    upTo(21).map((i) => Math.fround(i / 20)),
  );
});

test('splitTestSet › errors change nothing', (t) => {
  const reader = DataReader.fromTensors(tensors(10));
  for (const k of [1, 0, 11, Number.NaN]) {
    t.throws(
      () => reader.splitTestSet(k),
      badArgument(/a share such as 0.2, or a divisor above 1 .* both sets of 10 for k/),
    );
  }
  t.throws(() => reader.splitTestSet(2, -1), badArgument(/for seed but received -1/));
  t.deepEqual([reader.numTrain, reader.numTest], [10, 0]);
  reader.splitTestSet(2);
  t.throws(() => reader.splitTestSet(2), badArgument(/a reader without a test set for splitTestSet/));
  const late = /to come before shuffling, normalisation and the validation set for splitTestSet/;
  for (const change of ['normalizeX', 'shuffle', 'generateValidationSet'] as const) {
    const changed = DataReader.fromTensors(tensors(10));
    if (change === 'normalizeX') changed.normalizeX();
    else changed[change](2);
    t.throws(() => changed.splitTestSet(), badArgument(late));
  }
  t.throws(() => new DataReader().splitTestSet(), badArgument(/readData to have finished/));
});

test('split › of CSV and npz files as splitTestSet does it', async (t) => {
  const { xTrain, yTrain } = tensors(20);
  const train = join(await temporaryFolder(t), 'a.npz');
  await writeNpz(train, { data: xTrain, label: yTrain });
  const text = upTo(20).map((i) => `${i},${99 - i},${10 * i}\n`);
  const expected = DataReader.fromTensors({ xTrain, yTrain });
  expected.splitTestSet(4, 7);
  const readers = [
    new DataReader({ train, split: { k: 4, seed: 7 } }),
    await readCsv(t, { train: text.join(''), header: false, label: 2, split: { k: 4, seed: 7 } }),
  ];
  await readers[0]!.readData();
  for (const reader of readers) {
    for (const name of ['xTrain', 'yTrain', 'xTest', 'yTest', 'xTrainRaw', 'yTestRaw'] as const) {
      t.deepEqual(reader[name].toArray(), expected[name].toArray());
    }
  }
  const halves = new DataReader({ train, split: 2 });
  await halves.readData();
  t.deepEqual([halves.numTrain, halves.numTest], [10, 10]);
  await t.throwsAsync(new DataReader({ train, split: 21 }).readData(), badArgument(/both sets of 20 for k/));
});
