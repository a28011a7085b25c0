import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { CifarImageReader, Tensor } from 'blasnet';
import { sameBits } from '../support/augment.js';
import { cifarReader, excerptReader, imageSize, pixelsOf, recordsOf } from '../support/cifar.js';
import { badArgument, badFile, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { sumOf } from '../support/numerics.js';

const labels = [3, 0, 9, 5, 1, 7, 2, 4, 6, 8, 3, 3];

test('one file or several, in order, with a test set', async (t) => {
  const folder = await temporaryFolder(t);
  const pixels = pixelsOf(12);
  const [a, b, c] = await Promise.all([
    write(folder, 'a.bin', recordsOf(labels.slice(0, 7), pixels)),
    write(folder, 'b.bin', recordsOf(labels.slice(7, 8), pixels.subarray(7 * imageSize))),
    write(folder, 'c.bin', recordsOf(labels.slice(8), pixels.subarray(8 * imageSize))),
  ]);
  const reader = new CifarImageReader({ train: [a, b], test: c });
  await reader.readData();
  t.deepEqual([reader.numTrain, reader.numTest, reader.numFeature], [8, 4, imageSize]);
  t.deepEqual(reader.xTrain.shape, [8, 3, 32, 32]);
  t.true(sameBits(reader.xTrain.data, Float32Array.from(pixels.subarray(0, 8 * imageSize))));
  t.true(sameBits(reader.xTest.data, Float32Array.from(pixels.subarray(8 * imageSize))));
  t.deepEqual([...reader.yTrain.data, ...reader.yTest.data], labels);
  t.is(reader.classNames, undefined);
  reader.normalizeX();
  const normalized = Float32Array.from(pixels.subarray(0, 8 * imageSize), (pixel) => pixel / 255);
  t.true(sameBits(reader.xTrain.data, normalized));
  reader.normalizeY('multipleClassifier');
  t.deepEqual([reader.numCategory, reader.yTrain.shape], [10, [8, 10]]);

  const flat = new CifarImageReader({ train: c, test: [a, b], mode: 'vector' });
  await flat.readData();
  t.deepEqual([flat.numTrain, flat.numTest, flat.xTrain.shape], [4, 8, [4, imageSize]]);
  t.deepEqual([flat.mode, reader.mode, flat.imageShape], ['vector', 'image', [3, 32, 32]]);
});

test('more records than are read at once', async (t) => {
  const many = Array.from({ length: 1100 }, (_, i) => (i * 7) % 10);
  const reader = await cifarReader(t, many);
  t.deepEqual([...reader.yTrain.data], many);
  t.true(sameBits(reader.trainingPart.inputs['']!.data, pixelsOf(1100)));
});

test('the excerpt of the real set', async (t) => {
  const reader = await excerptReader();
  t.deepEqual([reader.numTrain, reader.numTest], [20, 2]);
  t.deepEqual([...reader.yTrain.data], [6, 9, 9, 4, 1, 1, 2, 7, 8, 3, 4, 7, 2, 3, 6, 5, 0, 0, 5, 8]);
  t.deepEqual([...reader.yTest.data], [3, 8]);
  t.deepEqual(reader.classNames?.slice(0, 4), ['airplane', 'automobile', 'bird', 'cat']);
  t.deepEqual([...reader.xTrain.data.subarray(0, 5)], [59, 43, 50, 68, 98]);
  t.deepEqual([...reader.xTest.data.subarray(1024, 1027)], [112, 111, 116]); // green
  // Means and deviations by NumPy.
  reader.normalizeX({ perChannel: true });
  const { mean, deviation } = reader.channelStatistics!;
  const expected = {
    mean: [0.445668275122549, 0.43887101715686266, 0.4002611825980392],
    deviation: [0.24706248138473175, 0.24514099163600744, 0.25340809895260474],
  };
  for (let c = 0; c < 3; c++) {
    t.true(Math.abs(mean[c]! - expected.mean[c]!) < 1e-14);
    t.true(Math.abs(deviation[c]! - expected.deviation[c]!) < 1e-14);
  }
});

test('pixels stay bytes, also when normalised, shuffled and split', async (t) => {
  const reader = await cifarReader(t, labels);
  reader.normalizeX({ perChannel: true });
  reader.shuffle(1);
  reader.generateValidationSet(4);
  const parts = [reader.trainingPart, reader.validationPart!].map(({ inputs }) => inputs['']!);
  for (const x of parts) {
    t.true(x.data instanceof Uint8Array);
    t.deepEqual(x.rowShape, [3, 32, 32]);
  }
  t.deepEqual(
    parts.map(({ data }) => data.length / imageSize),
    [9, 3],
  );
});

test('a test set split off is no part of the statistics', async (t) => {
  const pixels = pixelsOf(12);
  const reader = await cifarReader(t, labels, {}, pixels);
  reader.splitTestSet(3, 5);
  reader.normalizeX({ perChannel: true });
  const raw = reader.xTrainRaw;
  t.deepEqual([raw.rows, reader.numTest], [8, 4]);
  const green = raw.data.filter((_, i) => Math.floor(i / 1024) % 3 === 1);
  const mean = sumOf(green, (pixel) => pixel / 255) / green.length;
  t.true(Math.abs(reader.channelStatistics!.mean[1]! - mean) < 1e-6);
});

test('sizes that are no whole records', async (t) => {
  const folder = await temporaryFolder(t);
  const good = await write(folder, 'good', recordsOf([1, 2]));
  const cases: readonly [string, Uint8Array | string, RegExp][] = [
    ['empty', '', /records of 3073 bytes in '.*empty' but received an empty file/],
    ['cut', recordsOf([1, 2]).subarray(0, -1), /whole records of 3073 bytes in '.*cut' but received 6145 bytes/],
    ['long', Buffer.concat([recordsOf([1]), Buffer.of(0)]), /in '.*long' but received 3074 bytes/],
    ['text', 'Hello, world', /in '.*text' but received 12 bytes/],
  ];
  for (const [name, content, message] of cases) {
    const train = await write(folder, name, content);
    await t.throwsAsync(new CifarImageReader({ train }).readData(), badFile(message), name);
    await t.throwsAsync(new CifarImageReader({ train: good, test: [good, train] }).readData(), badFile(message), name);
  }
  await t.throwsAsync(new CifarImageReader({ train: join(folder, 'none') }).readData(), badFile(/none.*ENOENT/));
  await t.throwsAsync(
    new CifarImageReader({ train: folder }).readData(),
    badFile(/a readable CIFAR-10 file .* a folder$/),
  );
});

test('labels above 9 › file and record are named', async (t) => {
  const folder = await temporaryFolder(t);
  const [good, bad] = await Promise.all([
    write(folder, 'good', recordsOf([1, 2])),
    write(folder, 'bad', recordsOf([9, 0, 10])),
  ]);
  const expected = badFile(/a label from 0 to 9 in record 2 of '.*bad' but received 10/);
  await t.throwsAsync(new CifarImageReader({ train: [good, bad] }).readData(), expected);
  await t.throwsAsync(new CifarImageReader({ train: good, test: bad }).readData(), expected);
});

test('a vast file is refused before memory is taken', async (t) => {
  const vast = await write(await temporaryFolder(t), 'vast', '');
  await truncate(vast, 3073 * 700_000); // takes no room on the disk
  await t.throwsAsync(
    new CifarImageReader({ train: vast }).readData(),
    badFile(/at most 2147483648 bytes in '.*vast'/),
  );
});

test('a failed reading leaves what was there', async (t) => {
  const folder = await temporaryFolder(t);
  const train = await write(folder, 'train', recordsOf([1, 2]));
  const reader = new CifarImageReader({ train });
  await reader.readData();
  await truncate(train, 100);
  await t.throwsAsync(reader.readData(), badFile(/100 bytes/));
  t.is(reader.numTrain, 2);
});

test('class names › another number of them', async (t) => {
  const folder = await temporaryFolder(t);
  const train = await write(folder, 'train', recordsOf([1]));
  const few = await write(folder, 'few', 'airplane\nbird\n\n');
  await t.throwsAsync(
    new CifarImageReader({ train, classNames: few }).readData(),
    badFile(/10 names of classes in '.*few' but received 2/),
  );
  const windows = await write(
    folder,
    'windows',
    (await readFile('test/fixtures/cifar/batches.meta.txt', 'utf8')).replaceAll('\n', '\r\n'),
  );
  const reader = new CifarImageReader({ train, classNames: windows });
  await reader.readData();
  t.deepEqual(reader.classNames, (await excerptReader()).classNames);
});

test('arguments', async (t) => {
  const make = (options: Record<string, unknown>) => () => new CifarImageReader(untyped({ train: 'a', ...options }));
  t.throws(() => new CifarImageReader(untyped(undefined)), badArgument(/an object for files/));
  t.throws(make({ mode: 'images' }), badArgument(/'image' or 'vector' for mode but received 'images'/));
  t.throws(make({ augment: 'flip' }), badArgument(/\{ horizontalFlip, crop \} for augment/));
  t.throws(make({ augment: { flip: true } }), badArgument(/only horizontalFlip, crop for augment but received 'flip'/));
  t.throws(make({ augment: { horizontalFlip: 1 } }), badArgument(/true or false for horizontalFlip/));
  for (const crop of [-1, 0.5, Number.NaN, '4'])
    t.throws(make({ augment: { crop } }), badArgument(/pixels ≥ 0 for crop/));
  await t.throwsAsync(make({ train: [] })().readData(), badArgument(/a file, or a list of files for train/));
  await t.throwsAsync(make({ train: undefined })().readData(), badArgument(/a file, or a list of files for train/));
  await t.throwsAsync(make({ train: [3] })().readData(), badArgument(/the name of a file for path/));
  await t.throwsAsync(
    cifarReader(t, labels, { augment: { crop: 32 } }),
    badArgument(/fewer pixels .* 32 × 32 .* for crop/),
  );
  const reader = make({})();
  t.throws(() => reader.normalizeX(), badArgument(/readData to have finished/));
  t.throws(() => reader.normalizePredictData(Tensor.zeros([1, imageSize])), badArgument(/normalizeX before it/));
  t.is(reader.imageShape, undefined);
});

test('normalizePredictData › rows of other sizes', async (t) => {
  const reader = await cifarReader(t, labels);
  reader.normalizeX();
  t.throws(() => reader.normalizePredictData(Tensor.zeros([1, 5])), shapeMismatch(/3072 pixels for rows .* 5/));
  t.throws(() => reader.normalizePredictData(untyped([[1]])), badArgument(/a Tensor for rows/));
});
