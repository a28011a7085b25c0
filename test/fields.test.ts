// Options that nobody knows, and what is no object of options, wherever there are options.
import test from 'ava';
import {
  AveragePoolLayer,
  BatchNormLayer,
  BatchPredictor,
  type CheckpointRecord,
  CifarImageReader,
  ConvLayer,
  createInitializer,
  createOptimizer,
  DataReader,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
  HyperParameters,
  MaxPoolLayer,
  MnistImageDataReader,
  MsraInitializer,
  NeuralNet,
  NormalInitializer,
  Parameter,
  Tensor,
  XavierInitializer,
} from 'blasnet';
import {
  confusionChart,
  contourChart,
  histogram,
  histogramChart,
  lineChart,
  lossChart,
  netChart,
  pictureSheet,
  renderPng,
  rocChart,
  rocCurve,
  scatterChart,
  trellis,
} from 'blasnet/charts';
import { startServer } from 'blasnet/serve';
import fastify from 'fastify';
import { fieldsOf, repeated } from '#blasnet/core/fields';
import { inferenceServer } from '#blasnet/serve/index';
import { excerptReader } from './support/cifar.js';
import { badArgument, untyped } from './support/errors.js';
import { temporaryFolder } from './support/files.js';
import { fittingNet, fittingReader, rowsOfNumbers } from './support/nets.js';

type Options = Readonly<Record<string, unknown>>;

/** A call with options, and options that it takes; what they are called in messages. */
interface Call {
  readonly call: (options: never) => unknown;
  readonly options: Options;
  readonly name?: string;
}

const inputShape = [1, 4, 4] as const;
const pool = { inputShape, poolSize: 2, stride: undefined, padding: undefined };
const tensors = () => ({ xTrain: rowsOfNumbers(4, 2), yTrain: rowsOfNumbers(4, 1) });
const batches = () => [{ x: rowsOfNumbers(4, 2), y: rowsOfNumbers(4, 1) }];
const record: CheckpointRecord = { epoch: 1, iteration: 1, lossTrain: 1, accuracyTrain: 0, learningRate: 0.1 };
const axes = { x: { title: 'x' }, y: { title: 'y' } };
const line = [{ name: 'line', points: [[0, 1] as const] }];
const panel = { title: 't', subtitle: 's', width: 100, height: 100 };
const nothing = { infer: async (x: Tensor) => x, rowShape: [2], dtype: 'float32' } as const;

const calls: Readonly<Record<string, Call>> = {
  HyperParameters: { call: (o) => new HyperParameters(o), options: { netType: 'fitting', batchSize: undefined } },
  createOptimizer: {
    call: (o) => createOptimizer('adam', o),
    options: { epsilon: 1e-3, dtype: undefined },
    name: '(options|adam)',
  },
  NormalInitializer: { call: (o) => new NormalInitializer(o), options: { scaled: undefined }, name: 'normal' },
  XavierInitializer: { call: (o) => new XavierInitializer(o), options: { distribution: 'normal' }, name: 'xavier' },
  MsraInitializer: { call: (o) => new MsraInitializer(o), options: { mode: undefined }, name: 'msra' },
  FullyConnectedLayer: { call: (o) => new FullyConnectedLayer(2, 1, o), options: { seed: 1, dtype: undefined } },
  ConvLayer: { call: (o) => new ConvLayer(o), options: { inputShape, filters: 2, kernelSize: 3, groups: undefined } },
  BatchNormLayer: { call: (o) => new BatchNormLayer(2, o), options: { momentum: 0.5, epsilon: undefined } },
  MaxPoolLayer: { call: (o) => new MaxPoolLayer(o), options: pool },
  AveragePoolLayer: { call: (o) => new AveragePoolLayer(o), options: pool },
  GlobalAveragePoolLayer: { call: (o) => new GlobalAveragePoolLayer(o), options: { inputShape } },
  Parameter: { call: (o) => new Parameter('W', 'W', [1], 'float32', o), options: { penalized: true } },
  BatchPredictor: {
    call: (o) => new BatchPredictor(nothing.infer, nothing.rowShape, nothing.dtype, o),
    options: { maxBatch: 2, maxDelayMs: undefined },
  },
  predictor: { call: (o) => fittingNet([2, 1]).predictor(o), options: { maxDelayMs: 3 } },
  train: {
    call: (o) => fittingNet([2, 1], { maxEpoch: 1 }).train(fittingReader(4, 2), o),
    options: { checkpoint: 1, shuffle: undefined, signal: undefined, onProgress: () => {}, keepCheckpoints: undefined },
  },
  DataReader: { call: (o) => new DataReader(o), options: { train: 'a.csv', delimiter: undefined }, name: 'files' },
  'DataReader.fromTensors': {
    call: (o) => DataReader.fromTensors(o),
    options: { ...tensors(), xTest: undefined },
    name: 'tensors',
  },
  'DataReader.fromBatches': {
    call: (o) => DataReader.fromBatches(batches, o),
    options: { numTrain: undefined, test: undefined },
  },
  toZeroOne: {
    call: (o) => DataReader.fromTensors({ xTrain: rowsOfNumbers(2, 1), yTrain: Tensor.from([[1], [3]]) }).toZeroOne(o),
    options: { positiveLabel: 3, negativeLabel: 1 },
  },
  MnistImageDataReader: {
    call: (o) => new MnistImageDataReader(o),
    options: { trainImages: 'a', trainLabels: 'b', mode: undefined },
    name: 'files',
  },
  CifarImageReader: {
    call: (o) => new CifarImageReader(o),
    options: { train: 'a', augment: undefined },
    name: 'files',
  },
  augment: {
    call: (augment) => new CifarImageReader({ train: 'a', augment }),
    options: { crop: 1, horizontalFlip: undefined },
    name: 'augment',
  },
  lossChart: { call: (o) => lossChart([record], o), options: { title: 't', xCoordinate: undefined } },
  lineChart: { call: (o) => lineChart(line, o), options: { ...panel, ...axes } },
  'an axis': { call: (x) => lineChart(line, { ...axes, x }), options: { title: 'x', format: 'd' }, name: 'the axis x' },
  scatterChart: { call: (o) => scatterChart([1], [1], o), options: { ...panel, quantity: 'm', scale: 'linear' } },
  histogram: { call: (o) => histogram([1, 2], o), options: { bins: 2, domain: undefined } },
  histogramChart: { call: (o) => histogramChart([1, 2], o), options: { ...panel, x: 'x', bins: 2, maxShare: 1 } },
  contourChart: {
    call: (o) => contourChart((x, y) => x + y, [], o),
    options: { x: { title: 'x', domain: [0, 1] }, y: { title: 'y', domain: [0, 1] }, levels: [1], goal: [0, 0] },
  },
  pictureSheet: {
    call: (o) => pictureSheet([{ data: [0], shape: [1, 1, 1] }], o),
    options: { title: 't', columns: 2, size: 10 },
  },
  netChart: {
    call: (o) => netChart({ nodes: [{ name: 'x', kind: 'input', inputs: [] }] }, o),
    options: { title: 't', direction: 'right' },
  },
  rocChart: { call: (o) => rocChart(rocCurve([1, 0], [1, 0]), o), options: panel },
  confusionChart: { call: (o) => confusionChart([[1]], ['a'], o), options: panel },
  trellis: { call: (o) => trellis([lineChart(line, axes)], o), options: { columns: 1, sharedLegend: true } },
  renderPng: {
    call: (o) => renderPng('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>', o),
    options: { scale: 1 },
  },
};

for (const [title, { call, options, name = 'options' }] of Object.entries(calls)) {
  test(`${title} refuses unknown options, and what is no object of options`, async (t) => {
    const called = async (given: unknown) => call(untyped(given));
    await t.notThrowsAsync(called(options));
    const unknown = new RegExp(`^Expected .+ for ${name} but received 'epochs'(; did you mean '\\w+'\\?)?$`);
    await t.throwsAsync(called({ ...options, epochs: 9 }), badArgument(unknown));
    const none = new RegExp(`^Expected (an object|\\{ .+ \\}) for ${name} but received `);
    for (const other of [null, 7, 'fast', []]) await t.throwsAsync(called(other), badArgument(none));
  });
}

test('options of nets’ files are checked before the files', async (t) => {
  const net = fittingNet([2, 1]);
  const file = `${await temporaryFolder(t)}/net`;
  const withFiles: readonly ((options: never) => Promise<unknown>)[] = [
    (o) => net.exportOnnx(file, o),
    (o) => NeuralNet.fromOnnx(file, o),
    (o) => NeuralNet.resume(file, o),
  ];
  for (const call of withFiles) {
    await t.throwsAsync(
      call(untyped({ maxEpochs: 9 })),
      badArgument(/^Expected only .+ received 'maxEpochs'(; did you mean 'maxEpoch'\?)?$/),
    );
    await t.throwsAsync(call(untyped(null)), badArgument(/^Expected an object for options but received null$/));
  }
  await t.throwsAsync(NeuralNet.fromOnnx(file, untyped({ params: null })), badArgument(/an object for params .* null/));
});

test('showLossHistory refuses unknown options', async (t) => {
  const net = fittingNet([2, 1], { maxEpoch: 1 });
  await net.train(fittingReader(4, 2));
  const show = (options: unknown) => net.showLossHistory(untyped(options));
  await t.throwsAsync(show({ path: 'a.svg' }), badArgument(/only title, .* file for options but received 'path'/));
  await t.throwsAsync(show(null), badArgument(/an object for options but received null/));
  t.regex(await show({ title: 'RunFingerprint', file: undefined }), />RunFingerprint</);
});

test('options of options are checked, too', async (t) => {
  const read = (options: Options) => new DataReader(untyped({ train: 'none.csv', label: 0, ...options })).readData();
  await t.throwsAsync(read({ split: { k: 2, sed: 1 } }), badArgument(/only k, seed for split but received 'sed'/));
  await t.throwsAsync(read({ split: null }), badArgument(/\{ k, seed \} for split but received null/));
  await t.throwsAsync(read({ skipLines: { tests: 1 } }), badArgument(/\{ train, test \} for skipLines/));
  const initMethods: readonly unknown[] = [null, { name: 'zero', scale: 1 }, { name: 'normal', scale: 1 }];
  for (const initMethod of initMethods) {
    const message =
      /(for initMethod but received undefined|for (zero|normal) but received 'scale')(; did you mean 'scaled'\?)?$/;
    t.throws(() => createInitializer(untyped(initMethod)), badArgument(message));
    t.throws(() => new HyperParameters(untyped({ netType: 'fitting', initMethod })), badArgument(message));
    t.throws(() => new FullyConnectedLayer(2, 1, untyped({ initMethod })), badArgument(message));
  }
});

test('an option where numbers belong is refused', (t) => {
  const reader = DataReader.fromTensors(tensors());
  t.throws(() => reader.splitTestSet(untyped({ k: 2 })), badArgument(/for k but received an instance of Object/));
  t.throws(() => reader.splitTestSet(2, untyped({ seed: 2 })), badArgument(/for seed/));
  t.throws(() => reader.generateValidationSet(untyped({ k: 2 })), badArgument(/for k/));
  t.deepEqual([reader.numTrain, reader.numTest, reader.numValidation], [4, 0, 0]);
});

test('normalizeX of images refuses unknown options', async (t) => {
  const reader = await excerptReader();
  const normalize = (options: unknown) => reader.normalizeX(untyped(options));
  t.throws(() => normalize({ perchannel: true }), badArgument(/only perChannel for options but received 'perchannel'/));
  t.throws(() => normalize(null), badArgument(/an object for options but received null/));
  normalize({ perChannel: undefined });
  t.is(reader.channelStatistics, undefined);
});

test('servers refuse unknown options, and take those of Fastify', async (t) => {
  const models = [{ name: 'net', net: fittingNet([2, 1]) }];
  const start = (options: unknown) => startServer(untyped(options));
  await t.throwsAsync(start({ models, port: 0, maxbatch: 9 }), badArgument(/only models, .* received 'maxbatch'/));
  await t.throwsAsync(start({ models: [{ ...models[0], path: 'a' }] }), badArgument(/for a model but received 'path'/));
  await t.throwsAsync(start({ models: [null] }), badArgument(/an object for a model but received null/));
  await t.throwsAsync(start(null), badArgument(/an object for options but received null/));
  const refusing = fastify({ pluginTimeout: 0 });
  const rejected = async () => refusing.register(inferenceServer, untyped({ models, maxbatch: 9 }));
  await t.throwsAsync(rejected, badArgument(/only models, .* received 'maxbatch'/));
  const app = fastify({ pluginTimeout: 0 });
  await app.register(inferenceServer, { models, prefix: '/nets', logLevel: 'warn' });
  t.is((await app.inject('/nets/v2/models/net')).statusCode, 200);
  await app.close();
});

test('fieldsOf takes objects of known fields, or of any', (t) => {
  const value = { a: 1, b: undefined };
  t.deepEqual(fieldsOf('value', value, ['a', 'b', 'c']), value);
  t.deepEqual(fieldsOf('value', value), value);
  t.throws(() => fieldsOf('value', value, ['a']), badArgument(/^Expected only a for value but received 'b'$/));
  t.throws(() => fieldsOf('value', [1]), badArgument(/^Expected an object for value but received an array of 1$/));
});

test('repeated finds the first name that comes a second time', (t) => {
  t.is(repeated(['a', 'b', 'c', 'b', 'a']), 'b');
  t.is(repeated(['a', 'A', '']), undefined);
});
