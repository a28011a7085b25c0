import test from 'ava';
import { type ChannelStatistics, CifarImageReader, MnistImageDataReader, Tensor } from 'blasnet';
import { sameBits } from '../support/augment.js';
import { cifarReader, imageSize, pixelsOf, recordsOf } from '../support/cifar.js';
import { badArgument, untyped } from '../support/errors.js';
import { idx, temporaryFolder, write } from '../support/files.js';
import { sumOf } from '../support/numerics.js';

const labels = [0, 1, 2, 0, 1, 2, 1];

/** Mean and deviation of every channel, in plain loops. */
function plainStatistics(pixels: Uint8Array, channels: number, plane: number): ChannelStatistics {
  const values = Array.from({ length: channels }, (_, c) =>
    [...pixels].filter((_, i) => Math.floor(i / plane) % channels === c).map((pixel) => pixel / 255),
  );
  const meanOf = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const mean = values.map(meanOf);
  const deviation = values.map((list, c) => Math.sqrt(meanOf(list.map((value) => (value - mean[c]!) ** 2))));
  return { mean, deviation };
}

test('per channel › as plain loops have it, on training and test images and on raw rows', async (t) => {
  const [pixels, testPixels] = [pixelsOf(7).map((pixel) => pixel >> 1), pixelsOf(2, 99)];
  const testFile = await write(await temporaryFolder(t), 'test', recordsOf([1, 2], testPixels));
  const reader = await cifarReader(t, labels, { test: testFile }, pixels);
  reader.normalizeX({ perChannel: true });
  const { mean, deviation } = plainStatistics(pixels, 3, 1024);
  const found = reader.channelStatistics!;
  for (let c = 0; c < 3; c++) {
    t.true(Math.abs(found.mean[c]! - mean[c]!) < 1e-13);
    t.true(Math.abs(found.deviation[c]! - deviation[c]!) < 1e-13);
  }
  const plain = (raw: Uint8Array) =>
    Float64Array.from(raw, (pixel, i) => {
      const c = Math.floor(i / 1024) % 3;
      return (pixel / 255 - mean[c]!) / deviation[c]!;
    });
  const isNear = (x: Tensor, raw: Uint8Array, tolerance: number) => {
    const expected = plain(raw);
    return x.size === expected.length && expected.every((value, i) => Math.abs(x.data[i]! - value) < tolerance);
  };
  t.true(isNear(reader.xTrain, pixels, 1e-6));
  t.true(isNear(reader.xTest, testPixels, 1e-6));
  t.true(
    isNear(reader.normalizePredictData(Tensor.from(Float64Array.from(testPixels), [2, imageSize])), testPixels, 1e-12),
  );
  // Sums and squares of the normalised training images.
  const sum = sumOf(reader.xTrain.data);
  const squares = sumOf(reader.xTrain.data, (value) => value ** 2);
  t.true(Math.abs(sum / reader.xTrain.size) < 1e-6);
  t.true(Math.abs(squares / reader.xTrain.size - 1) < 1e-5);
});

test('raw rows become what the training rows became, to the bit, in the shape of the mode', async (t) => {
  const pixels = pixelsOf(7);
  for (const mode of ['image', 'vector'] as const) {
    const reader = await cifarReader(t, labels, { mode }, pixels);
    for (const perChannel of [true, false]) {
      reader.normalizeX({ perChannel });
      for (const shape of [
        [7, imageSize],
        [7, 3, 32, 32],
      ]) {
        const x = reader.normalizePredictData(Tensor.from(Float32Array.from(pixels), shape));
        t.deepEqual(x.shape, reader.xTrain.shape);
        t.true(sameBits(x.data, reader.xTrain.data));
      }
    }
    t.is(reader.channelStatistics, undefined);
  }
});

test('given statistics › those of another reader', async (t) => {
  const [first, second] = [
    await cifarReader(t, labels),
    await cifarReader(t, [4, 5], {}, pixelsOf(7).subarray(0, 2 * imageSize)),
  ];
  first.normalizeX({ perChannel: true });
  second.normalizeX({ perChannel: first.channelStatistics! });
  t.true(sameBits(second.xTrain.data, first.xTrain.slice(0, 2).data));
  t.deepEqual(second.channelStatistics, first.channelStatistics);
});

test('a constant channel becomes 0', async (t) => {
  const pixels = pixelsOf(7).map((pixel, i) => (Math.floor(i / 1024) % 3 === 2 ? 77 : pixel));
  const reader = await cifarReader(t, labels, {}, pixels);
  reader.normalizeX({ perChannel: true });
  t.is(reader.channelStatistics!.deviation[2], 0);
  t.true(reader.xTrain.data.filter((_, i) => Math.floor(i / 1024) % 3 === 2).every((value) => value === 0));
});

test('normalisation starts anew from the pixels, in the order that the rows have', async (t) => {
  const reader = await cifarReader(t, labels);
  reader.normalizeX({ perChannel: true });
  reader.shuffle(3);
  reader.normalizeX();
  const row = reader.yTrain.data.indexOf(0);
  const [pixels, x] = [pixelsOf(7), reader.xTrain];
  const places = Array.from({ length: 7 }, (_, i) => i).filter(
    (i) => x.data[row * imageSize] === Math.fround(pixels[i * imageSize]! / 255),
  );
  t.deepEqual(places.length, 1);
  t.is(labels[places[0]!], 0);
  t.is(x.data[row * imageSize + 2000], Math.fround(pixels[places[0]! * imageSize + 2000]! / 255));
});

test('reading again forgets the normalisation', async (t) => {
  const reader = await cifarReader(t, labels);
  reader.normalizeX({ perChannel: true });
  await reader.readData();
  t.is(reader.channelStatistics, undefined);
  t.throws(() => reader.normalizePredictData(Tensor.zeros([1, imageSize])), badArgument(/normalizeX before it/));
  t.true(sameBits(reader.xTrain.data, Float32Array.from(pixelsOf(7))));
});

test('MNIST › images of one channel, in either mode', async (t) => {
  const folder = await temporaryFolder(t);
  const pixels = pixelsOf(1).subarray(0, 60);
  const trainImages = await write(folder, 'images', idx([10, 2, 3], pixels));
  const trainLabels = await write(folder, 'labels', idx([10], pixels.subarray(0, 10)));
  for (const mode of ['image', 'vector'] as const) {
    const reader = new MnistImageDataReader({ trainImages, trainLabels, mode });
    await reader.readData();
    t.deepEqual(reader.xTrain.shape, mode === 'image' ? [10, 1, 2, 3] : [10, 6]);
    t.deepEqual([reader.imageShape, reader.numFeature], [[1, 2, 3], 6]);
    reader.normalizeX({ perChannel: true });
    const { mean, deviation } = plainStatistics(pixels, 1, 6);
    const expected = Float64Array.from(pixels, (pixel) => (pixel / 255 - mean[0]!) / deviation[0]!);
    t.true(expected.every((value, i) => Math.abs(reader.xTrain.data[i]! - value) < 1e-6));
  }
});

test('statistics that cannot be', async (t) => {
  const reader = await cifarReader(t, labels);
  const normalize = (perChannel: unknown) => () => reader.normalizeX(untyped({ perChannel }));
  t.throws(
    normalize({ mean: [0, 0, 0] }),
    badArgument(/a list of 3 .* for perChannel's deviation but received undefined/),
  );
  t.throws(
    normalize({ mean: [0, 0], deviation: [1, 1, 1] }),
    badArgument(/for perChannel's mean but received an array/),
  );
  t.throws(normalize({ mean: [0, 0, Number.NaN], deviation: [1, 1, 1] }), badArgument(/perChannel's mean/));
  t.throws(
    normalize({ mean: [0, 0, 0], deviation: [1, -1, 1] }),
    badArgument(/not negative numbers for perChannel's dev/),
  );
  t.throws(normalize('standard'), badArgument(/perChannel's mean/));
  t.throws(normalize(null), badArgument(/perChannel's mean/));
  t.true(sameBits(reader.xTrain.data, Float32Array.from(pixelsOf(7))));
  reader.generateValidationSet(3);
  t.throws(() => reader.normalizeX({ perChannel: true }), badArgument(/before the validation set is taken/));
  t.is(reader.channelStatistics, undefined);
  t.true(reader instanceof CifarImageReader);
});
