import test from 'ava';
import {
  ActivationLayer,
  type Augmentation,
  type CifarImageReader,
  ClassificationLayer,
  ConvLayer,
  type DType,
  FlattenLayer,
  FullyConnectedLayer,
  getThreads,
  HyperParameters,
  MnistImageDataReader,
  NeuralNet,
  PlainLayer,
  setThreads,
  Tensor,
} from 'blasnet';
import { augmented, philox, sameBits } from '../support/augment.js';
import { cifarReader, excerptReader, imageSize, pixelsOf } from '../support/cifar.js';
import { idx, temporaryFolder, write } from '../support/files.js';
import { classifier, weightsOf } from '../support/nets.js';

const labels = [0, 1, 2, 0, 1, 2, 1];
const shape = [3, 32, 32] as const;
const changes: readonly Augmentation[] = [{ horizontalFlip: true }, { crop: 4 }, { horizontalFlip: true, crop: 9 }];

/** Keeps what it is given, and passes it on flat. */
class Witness extends PlainLayer {
  override readonly kind = 'witness';
  readonly seen: { readonly x: Tensor; readonly training: boolean }[] = [];

  override outputShape(input: readonly number[]): readonly number[] {
    return [input.reduce((size, length) => size * length, 1)];
  }
  override forward(x: Tensor, training = true): Tensor {
    this.seen.push({ x: x.clone(), training });
    return x.reshape([x.rows, x.rowSize]);
  }
  override backward(delta: Tensor): Tensor {
    return delta;
  }
}

function witnessNet(options: Partial<ConstructorParameters<typeof HyperParameters>[0]>, size = imageSize, classes = 3) {
  const witness = new Witness();
  const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier', ...options }), 'witness')
    .addLayer(witness, 'witness')
    .addLayer(new FullyConnectedLayer(size, classes), 'fc')
    .addLayer(new ClassificationLayer('softmax'), 'softmax');
  return { net, witness };
}

/** Rows that the net saw, next to those that a plain twin makes of the pixels. */
function twinOf(
  reader: CifarImageReader,
  pixels: Uint8Array,
  augment: Augmentation,
  seed: number,
  step: number,
): Tensor {
  const changed = augmented(pixels, shape, augment, { seed, step });
  return reader.normalizePredictData(Tensor.from(Float32Array.from(changed), [changed.length / imageSize, imageSize]));
}

for (const augment of changes) {
  for (const mode of ['image', 'vector'] as const) {
    test(`training sees flips and crops as a plain twin makes them › ${JSON.stringify(augment)}, ${mode}`, async (t) => {
      const pixels = pixelsOf(7);
      const reader = await cifarReader(t, labels, { mode, augment }, pixels);
      reader.normalizeX({ perChannel: mode === 'image' });
      reader.normalizeY('multipleClassifier');
      const { net, witness } = witnessNet({ batchSize: 3, maxEpoch: 2, seed: 2 ** 40 + 7, learningRate: 1e-3 });
      await net.train(reader, { shuffle: false });
      const steps = witness.seen.filter(({ training }) => training);
      t.is(steps.length, 6);
      steps.forEach(({ x }, step) => {
        const first = 3 * (step % 3);
        const rows = pixels.subarray(first * imageSize, Math.min(7, first + 3) * imageSize);
        const expected = twinOf(reader, rows, augment, 2 ** 40 + 7, step);
        t.deepEqual(x.shape, expected.shape);
        t.true(sameBits(x.data, expected.data), `step ${step}`);
      });
      t.false(sameBits(steps[0]!.x.data, steps[3]!.x.data));
    });
  }
}

for (const dtype of ['float32', 'float64'] as const satisfies readonly DType[]) {
  test(`recorded plans train on what the twin makes, step by step › ${dtype}`, async (t) => {
    const pixels = pixelsOf(7);
    const augment = { horizontalFlip: true, crop: 5 };
    const reader = await cifarReader(t, labels, { mode: 'vector', augment }, pixels);
    reader.normalizeX({ perChannel: true });
    reader.normalizeY('multipleClassifier');
    const options = { batchSize: -1, maxEpoch: 3, seed: 11, learningRate: 1e-3, dtype };
    const [net, byHand] = [classifier(imageSize, 3, options), classifier(imageSize, 3, options)];
    // Two runs: the second one goes on with other changes.
    for (let run = 0; run < 2; run++) await net.train(reader, { shuffle: false });
    for (let step = 0; step < 6; step++) {
      const changed = augmented(pixels, shape, augment, { seed: 11, step });
      const raw = Tensor.from(Float64Array.from(changed), [7, imageSize]).clone(dtype);
      byHand.trainOnBatch(reader.normalizePredictData(raw), reader.yTrain.clone(dtype));
    }
    t.deepEqual(weightsOf(net), weightsOf(byHand));
  });
}

test('shuffled rows are changed by their place in the batch', async (t) => {
  // Images of one brightness each tell which row came where.
  const pixels = Uint8Array.from({ length: 7 * imageSize }, (_, i) => 10 + Math.floor(i / imageSize));
  const reader = await cifarReader(t, labels, { augment: { crop: 8 } }, pixels);
  reader.normalizeY('multipleClassifier');
  const { net, witness } = witnessNet({ batchSize: 7, maxEpoch: 3, seed: 5, learningRate: 1e-6 });
  await net.train(reader);
  const orders = witness.seen
    .filter(({ training }) => training)
    .map(({ x }, step) => {
      const brightness = Array.from({ length: 7 }, (_, i) =>
        Math.max(...x.data.subarray(i * imageSize, (i + 1) * imageSize)),
      );
      const inOrder = Uint8Array.from({ length: 7 * imageSize }, (_, i) => brightness[Math.floor(i / imageSize)]!);
      const expected = augmented(inOrder, shape, { crop: 8 }, { seed: 5, step });
      t.true(sameBits(x.data, Float32Array.from(expected)));
      return brightness;
    });
  for (const order of orders) t.deepEqual([...order].sort(), [10, 11, 12, 13, 14, 15, 16]);
  t.notDeepEqual(orders[0], orders[1]);
});

test('validation, test and the reader itself show images as they are', async (t) => {
  const pixels = pixelsOf(7);
  const reader = await cifarReader(t, labels, { augment: { horizontalFlip: true, crop: 6 } }, pixels);
  reader.splitTestSet(3, 1);
  reader.normalizeX({ perChannel: true });
  reader.normalizeY('multipleClassifier');
  reader.generateValidationSet(3);
  const { net, witness } = witnessNet({ batchSize: 2, maxEpoch: 1, learningRate: 1e-4 });
  await net.train(reader, { needTest: true });
  const evaluated = witness.seen.filter(({ training }) => !training).map(({ x }) => x.data);
  t.is(evaluated.length, 2);
  t.true(sameBits(evaluated[0]!, reader.xDev.data));
  t.true(sameBits(evaluated[1]!, reader.xTest.data));
  const shown = reader.getBatchSamples(2, 0).x;
  t.true(sameBits(shown.data, reader.xTrain.slice(0, 2).data));
  t.true(sameBits(reader.normalizePredictData(reader.xTestRaw).data, reader.xTest.data));
  witness.seen.length = 0;
  net.trainOnBatch(reader.xTrain, reader.yTrain);
  t.true(sameBits(witness.seen[0]!.x.data, reader.xTrain.data));
});

test('the same seed gives the same bits, also on two threads; another seed others', async (t) => {
  const threads = getThreads();
  t.teardown(() => setThreads(threads));
  const many = Array.from({ length: 90 }, (_, i) => i % 3);
  const reader = await cifarReader(t, many, { mode: 'vector', augment: { horizontalFlip: true, crop: 4 } });
  reader.normalizeX({ perChannel: true });
  reader.normalizeY('multipleClassifier');
  const train = async (seed: number, count: number) => {
    setThreads(count);
    const net = classifier(imageSize, 3, { batchSize: 32, maxEpoch: 2, seed, learningRate: 1e-3 });
    await net.train(reader);
    return weightsOf(net);
  };
  const first = await train(1, 1);
  t.deepEqual(await train(1, 2), first);
  t.deepEqual(await train(1, 1), first);
  t.notDeepEqual(await train(2, 1), first);
});

test('half of the images are mirrored, and offsets are even', (t) => {
  const [flips, offsets] = [[0, 0], new Array<number>(9).fill(0)];
  for (let i = 0; i < 4500; i++) {
    const words = philox(i % 50, 0x4155474d, { seed: 3, step: Math.floor(i / 50) });
    flips[words[0]! >= 2 ** 31 ? 1 : 0]!++;
    for (const word of words.slice(1, 3)) offsets[Math.floor((word / 2 ** 32) * 9)]!++;
  }
  t.true(Math.abs(flips[0]! - 2250) < 4 * Math.sqrt(4500 / 4));
  for (const count of offsets) t.true(Math.abs(count - 1000) < 4 * Math.sqrt((1000 * 8) / 9));
});

test('MNIST › one channel, not square', async (t) => {
  const folder = await temporaryFolder(t);
  const pixels = pixelsOf(1).subarray(0, 8 * 35);
  const reader = new MnistImageDataReader({
    trainImages: await write(folder, 'images', idx([8, 5, 7], pixels)),
    trainLabels: await write(
      folder,
      'labels',
      idx(
        [8],
        Uint8Array.from({ length: 8 }, (_, i) => i % 3),
      ),
    ),
    augment: { crop: 4, horizontalFlip: true },
  });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');
  const { net, witness } = witnessNet({ batchSize: -1, maxEpoch: 1, seed: 9 }, 35);
  await net.train(reader, { shuffle: false });
  const expected = augmented(pixels, [1, 5, 7], { crop: 4, horizontalFlip: true }, { seed: 9, step: 0 });
  t.deepEqual(
    witness.seen[0]!.x.data,
    Float32Array.from(expected, (pixel) => pixel / 255),
  );
});

test.serial('training takes no memory for images besides their bytes', async (t) => {
  const count = 1500;
  const reader = await cifarReader(
    t,
    Array.from({ length: count }, (_, i) => i % 3),
    { mode: 'vector', augment: { crop: 4 } },
  );
  reader.normalizeX({ perChannel: true });
  reader.normalizeY('multipleClassifier');
  reader.generateValidationSet(5);
  const before = process.memoryUsage().arrayBuffers;
  const net = classifier(imageSize, 3, { batchSize: 16, maxEpoch: 1, learningRate: 1e-4 });
  await net.train(reader);
  // As floats the images would take 18 MB; the validation set's plan holds 256 rows, 3 MB.
  t.true(process.memoryUsage().arrayBuffers - before < 9e6);
  t.true(reader.trainingPart.inputs['']?.data instanceof Uint8Array);
});

test('a convolutional net trains on rows of images', async (t) => {
  const reader = await excerptReader({ augment: { horizontalFlip: true, crop: 4 } });
  reader.normalizeX({ perChannel: true });
  reader.normalizeY('multipleClassifier');
  const [channels, height, width] = reader.imageShape as [number, number, number];
  const options = { netType: 'multipleClassifier', initMethod: 'msra', batchSize: 10, maxEpoch: 25, seed: 3 } as const;
  const net = new NeuralNet(new HyperParameters({ ...options, learningRate: 0.01, optimizer: 'momentum' }), 'small')
    .addLayer(new ConvLayer({ inputShape: [channels, height, width], filters: 4, kernelSize: 3, stride: 2 }), 'conv')
    .addLayer(new ActivationLayer('relu'), 'relu')
    .addLayer(new FlattenLayer(), 'flat')
    .addLayer(new FullyConnectedLayer(4 * 15 * 15, 10), 'fc')
    .addLayer(new ClassificationLayer('softmax'), 'softmax');
  const { records } = await net.train(reader);
  t.true(records.at(-1)!.lossTrain < records[0]!.lossTrain / 2);
  t.deepEqual(net.inference(reader.xTest).shape, [2, 10]);
});

test('a net learns real images by heart, changed ones not so quickly', async (t) => {
  const lossOf = async (augment?: Augmentation) => {
    const reader = await excerptReader({ mode: 'vector', ...(augment && { augment }) });
    reader.normalizeX({ perChannel: true });
    reader.normalizeY('multipleClassifier');
    const net = classifier(imageSize, 10, { batchSize: 10, maxEpoch: 60, learningRate: 0.003, seed: 1 });
    const { records } = await net.train(reader);
    return { plain: net.test(reader.xTrain, reader.yTrain), last: records.at(-1)!.lossTrain };
  };
  const [plain, changed] = [await lossOf(), await lossOf({ horizontalFlip: true, crop: 4 })];
  t.is(plain.plain.accuracy, 1);
  t.true(plain.last < 0.2);
  t.true(changed.last > 2 * plain.last);
  t.true(Number.isFinite(changed.plain.loss));
});
