import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { DataReader, MnistImageDataReader, Tensor } from 'blasnet';
import { badArgument, badFile, shapeMismatch, untyped } from '../support/errors.js';
import { idx, temporaryFolder, write } from '../support/files.js';
import { classifier, weightsOf } from '../support/nets.js';

const pixels = Uint8Array.from({ length: 40 * 6 }, (_, i) => (i * 37) % 256);
const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 3);

/** Forty images of 2 × 3 pixels, and the first ten of them as a test set. */
async function files(t: ExecutionContext, pack: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes) {
  const folder = await temporaryFolder(t);
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    write(folder, 'train-images', pack(idx([40, 2, 3], pixels))),
    write(folder, 'train-labels', pack(idx([40], labels))),
    write(folder, 'test-images', pack(idx([10, 2, 3], pixels.subarray(0, 60)))),
    write(folder, 'test-labels', pack(idx([10], labels.subarray(0, 10)))),
  ]);
  return { folder, trainImages, trainLabels, testImages, testLabels };
}

async function read(t: ExecutionContext, pack?: (bytes: Uint8Array) => Uint8Array): Promise<MnistImageDataReader> {
  const { folder: _, ...paths } = await files(t, pack);
  const reader = new MnistImageDataReader(paths);
  await reader.readData();
  return reader;
}

for (const [name, pack] of [
  ['plain', (bytes: Uint8Array) => bytes],
  ['gzipped', (bytes: Uint8Array) => gzipSync(bytes)],
] as const) {
  test(`${name} files`, async (t) => {
    const reader = await read(t, pack);
    t.deepEqual([reader.numTrain, reader.numTest, reader.numFeature], [40, 10, 6]);
    t.deepEqual(reader.xTrain.data, Float32Array.from(pixels));
    reader.normalizeX();
    t.deepEqual(
      reader.xTrain.data,
      Float32Array.from(pixels, (pixel) => pixel / 255),
    );
    t.deepEqual(
      reader.xTest.data,
      Float32Array.from(pixels.subarray(0, 60), (pixel) => pixel / 255),
    );
    t.deepEqual(reader.xTrainRaw.data, Float32Array.from(pixels));
    t.deepEqual(reader.yTrain.data, Float32Array.from(labels));
    reader.normalizeY('multipleClassifier');
    t.deepEqual(reader.yTrain.slice(0, 3).toArray(), [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });
}

test('pixels stay bytes, also when shuffled and split', async (t) => {
  const reader = await read(t);
  reader.normalizeX();
  reader.shuffle(1);
  reader.generateValidationSet(4);
  for (const part of [reader.trainingPart, reader.validationPart, reader.testPart]) {
    t.true(part?.inputs['']?.data instanceof Uint8Array);
    t.is(part?.inputs['']?.divisor, 255);
  }
  t.is(reader.trainingPart.inputs['']!.data.length + reader.validationPart!.inputs['']!.data.length, pixels.length);
});

test('normalizeX › comes before the validation set, like all normalisation', async (t) => {
  const reader = await read(t);
  reader.generateValidationSet(4);
  t.throws(
    () => reader.normalizeX(),
    badArgument(/calls before the validation set is taken for normalizeX and normalizeY/),
  );
});

test('getBatchSamples and normalizePredictData', async (t) => {
  const reader = await read(t);
  reader.normalizeX();
  const batch = reader.getBatchSamples(2, 1).x;
  t.deepEqual(
    batch.data,
    Float32Array.from(pixels.subarray(12, 24), (pixel) => pixel / 255),
  );
  t.deepEqual(reader.normalizePredictData(Tensor.from([0, 51, 255, 0, 51, 255])).toArray(), [
    [0, Math.fround(0.2), 1, 0, Math.fround(0.2), 1],
  ]);
});

test('training on bytes gives the bits of training on the same numbers as floats', async (t) => {
  for (const dtype of ['float32', 'float64'] as const) {
    const bytes = await read(t);
    bytes.normalizeX();
    bytes.normalizeY('multipleClassifier');
    const floats = DataReader.fromTensors({
      xTrain:
        dtype === 'float32'
          ? bytes.xTrain
          : Tensor.from(
              Float64Array.from(pixels, (pixel) => pixel / 255),
              [40, 6],
            ),
      yTrain: bytes.yTrain,
    });
    const [weights, expected] = await Promise.all(
      [bytes, floats].map(async (reader) => {
        reader.generateValidationSet(5);
        const net = classifier(6, 3, { batchSize: 7, maxEpoch: 3, dtype, seed: 4 });
        const history = await net.train(reader, { checkpoint: 0.5 });
        return { weights: weightsOf(net), records: history.records };
      }),
    );
    t.deepEqual(weights, expected);
  }
});

test('before readData', (t) => {
  const reader = new MnistImageDataReader({ trainImages: 'a', trainLabels: 'b' });
  t.throws(() => reader.normalizeX(), badArgument(/readData to have finished/));
  t.throws(() => reader.xTrain, badArgument(/readData to have finished/));
});

test('a test set needs both its files', async (t) => {
  const { trainImages, trainLabels, testImages, testLabels } = await files(t);
  await t.throwsAsync(
    new MnistImageDataReader({ trainImages, trainLabels, testImages }).readData(),
    badArgument(/both testImages and testLabels, or neither for the test set but received 'testImages alone'/),
  );
  await t.throwsAsync(
    new MnistImageDataReader({ trainImages, trainLabels, testLabels }).readData(),
    badArgument(/'testLabels alone'/),
  );
});

test('files that are not what they should be', async (t) => {
  const good = await files(t);
  const { folder } = good;
  const readImages = (trainImages: string) =>
    new MnistImageDataReader({ trainImages, trainLabels: good.trainLabels }).readData();
  const whole = idx([40, 2, 3], pixels);
  const cases: readonly [string, Uint8Array | string, RegExp][] = [
    ['empty', '', /an IDX file, which starts with two zero bytes in '.*empty' but received nothing/],
    ['text', 'Hello, world', /two zero bytes in '.*text' but received 0x48656c6c/],
    ['cut', whole.subarray(0, -1), /256 bytes for shape \[40, 2, 3\] in '.*cut' but received at most 255/],
    ['long', Buffer.concat([whole, Buffer.of(0)]), /256 bytes for shape \[40, 2, 3\] in '.*long' but received 257/],
    ['header', whole.subarray(0, 9), /an IDX header of 16 bytes in '.*header' but received 9/],
    ['gzip', gzipSync(whole).subarray(0, 40), /in '.*gzip' but received/],
    ['wrong.gz', Buffer.concat([Buffer.of(0x1f, 0x8b), Buffer.alloc(50, 7)]), /gzipped IDX data in '.*wrong.gz'/],
    ['floats', Buffer.from([0, 0, 13, 1, 0, 0, 0, 0]), /unsigned bytes .* in '.*floats' but received 32-bit floats/],
    [
      'vast',
      idx([2 ** 30, 2 ** 20, 2 ** 10], pixels),
      /1152921504606847\d+ bytes for shape \[1073741824, 1048576, 1024\]/,
    ],
    ['vast.gz', gzipSync(idx([2 ** 30, 2 ** 20, 2 ** 10], pixels)), /1152921504606847\d+ bytes .* at most/],
    ['no pixels', idx([40, 0, 3], new Uint8Array()), /images with pixels in '.*no pixels' but received 0 × 3/],
    ['labels', idx([40], labels), /images of 3 dimensions in '.*labels' but received 1/],
  ];
  for (const [name, content, message] of cases) {
    await t.throwsAsync(readImages(await write(folder, name, content)), badFile(message), name);
  }
  await t.throwsAsync(readImages(join(folder, 'none')), badFile(/a readable IDX file at '.*none' but received ENOENT/));
  await t.throwsAsync(readImages(folder), badFile(/received a folder$/));
  await t.throwsAsync(readImages(untyped(undefined)), badArgument(/the name of a file for path/));
});

test('files that do not match each other', async (t) => {
  const { folder, trainImages, trainLabels, testImages, testLabels } = await files(t);
  const few = await write(folder, 'few', idx([39], labels.subarray(0, 39)));
  const wide = await write(folder, 'wide', idx([10, 2, 2], pixels.subarray(0, 40)));
  await t.throwsAsync(
    new MnistImageDataReader({ trainImages, trainLabels: few }).readData(),
    shapeMismatch(/40 rows, one for each image, for the labels in '.*few' but received 39/),
  );
  await t.throwsAsync(
    new MnistImageDataReader({ trainImages, trainLabels, testImages: wide, testLabels }).readData(),
    shapeMismatch(/images of 2 × 3 pixels for the test set but received 2 × 2/),
  );
  await t.throwsAsync(
    new MnistImageDataReader({ trainImages, trainLabels: testImages }).readData(),
    badFile(/labels of 1 dimensions in '.*test-images' but received 3/),
  );
});
