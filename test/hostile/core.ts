// How each export of 'blasnet' is called: valid arguments, of which the walk replaces one after another.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  ActivationLayer,
  AveragePoolLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  createInitializer,
  createLoss,
  createMetric,
  createOptimizer,
  DataReader,
  DropoutLayer,
  EagerRunner,
  EarlyStopping,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePoolLayer,
  HyperParameters,
  input,
  MaxPoolLayer,
  NeuralNet,
  optimizerNames,
  Parameter,
  Tensor,
  TextReader,
  timeSeriesWindows,
} from 'blasnet';
import { layer, layers } from './layers.js';
import { recurrentLayers } from './recurrent-layers.js';
import type { Callable } from './walk.js';

const x = () =>
  Tensor.from([
    [1, 2, 3],
    [4, 5, 7],
    [2, 1, 0],
  ]);
const y = () => Tensor.from([[1], [0], [2]]);
const image = { inputShape: [1, 4, 4] as const };
const pool = { ...image, poolSize: 2, stride: [2, 2], padding: 0 };

function reader(): DataReader {
  const made = DataReader.fromTensors({ xTrain: x(), yTrain: y(), xTest: x(), yTest: y() });
  made.normalizeX();
  made.normalizeY('fitting');
  return made;
}

function net(): NeuralNet {
  const made = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 1 }), 'net');
  made.addLayer(new FullyConnectedLayer(3, 2), 'fc1').addLayer(new FullyConnectedLayer(2, 1), 'fc2');
  made.preparation = {
    inputShape: [3],
    featureNames: ['a', 'b', 'c'],
    x: { per: 'column', divisor: 1, offset: [0, 0, 0], scale: [1, 2, 1] },
  };
  return made;
}

const windowOptions = () => ({ length: 2, horizon: 1, stride: 1, gap: 0, test: 2, validation: 2, scale: 'standard' });

const trainOptions = () => ({
  checkpoint: 1,
  needTest: true,
  shuffle: true,
  restoreBest: true,
  sampleWeight: Tensor.from([1, 2, 0]),
  progress: false,
  onProgress: () => {},
  onCheckpoint: () => {},
  callbacks: [
    { onTrainBegin: () => {}, onEpochEnd: () => {}, onCheckpoint: () => {}, onTrainEnd: () => {} },
    new EarlyStopping({ patience: 1 }),
  ],
  signal: new AbortController().signal,
  checkpointFile: 'run.safetensors',
  checkpointEvery: 1,
  keepCheckpoints: 2,
});

const hyperParameters = () => ({
  netType: 'fitting',
  loss: { fc1: 'huber', fc2: { name: 'huber', delta: 2 } },
  lossWeights: { fc1: 2, fc2: 0.5 },
  metrics: { fc1: ['r2'], fc2: ['meanAbsoluteError', { name: 'topK', k: 2 }] },
  monitor: 'r2',
  learningRate: 0.1,
  maxEpoch: 2,
  batchSize: 2,
  initMethod: { name: 'normal', scaled: true },
  optimizer: { name: 'adam', beta1: 0.9 },
  stopper: { condition: 'stopLoss', value: 0.1 },
  regularizer: { method: 'l2', value: 0.1 },
  learningRateSchedule: { kind: 'step', every: 2, factor: 0.5, unit: 'epoch', warmUp: { length: 2, from: 0.1 } },
  gradientClip: { norm: 1, value: 1 },
  gradientAccumulation: 2,
  weightAverage: { decay: 0.9 },
  seed: 1,
  dtype: 'float32',
  precision: 'bfloat16',
});

/** Rows of several inputs and targets. */
const named = () => ({
  xTrain: { a: x(), b: Tensor.from([1, 0, 2], [3], 'int32') },
  yTrain: { c: y(), d: y() },
  xTest: { a: x(), b: Tensor.from([1, 0, 2], [3], 'int32') },
  yTest: { c: y(), d: y() },
  xValidation: { a: x(), b: Tensor.from([1, 0, 2], [3], 'int32') },
  yValidation: { c: y(), d: y() },
});

const inputNode = (rowShape: readonly number[]) => input(rowShape, { name: 'rows' });

function graphNodes() {
  const node = inputNode([3]);
  return { inputs: [node], outputs: [new FullyConnectedLayer(2).apply(node)] };
}

const readerMethods = {
  readData: () => [],
  normalizeX: () => [],
  normalizeY: () => ['fitting', 0],
  deNormalizeY: () => [y(), ''],
  normalizePredictData: () => [x()],
  encodeRows: () => [[{ a: 1, b: 'two' }]],
  encodeNamedRows: () => [[{ a: 1, b: 'two' }]],
  toOneHot: () => [0, ''],
  toZeroOne: () => [{ zero: 0, one: 1 }, ''],
  setClassWeights: () => [[1, 2], ''],
  splitTestSet: () => [2, 0],
  generateValidationSet: () => [2],
  getBatchSamples: () => [2, 0],
  getNamedBatch: () => [2, 0],
  namedTensors: () => ['train', { raw: true }],
  shuffle: () => [0],
};
const readerInternal = ['setRaw', 'useSet', 'requireSet', 'changeX', 'setImages'];

/** Called by `train`. */
const callbackInternal = ['onTrainBegin', 'onEpochEnd', 'onCheckpoint', 'onTrainEnd'];

const vector = (...values: number[]) => Float32Array.from(values);
const initializer = (args: () => readonly unknown[]): Callable => ({
  args,
  methods: {
    fill: () => [new EagerRunner('float32'), Tensor.zeros([3, 2]), { fanIn: 3, fanOut: 2, seed: 1, stream: 1 }],
  },
});
/** A file that exists: the call goes on to its contents. */
const safetensors = fileURLToPath(new URL('../../../../test/fixtures/safetensors/numpy.safetensors', import.meta.url));
const files = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `${name}.gz`]));

/** Valid arguments of each export, or why it is left out. */
export const core: Readonly<Record<string, Callable | string>> = {
  ...layers,
  ...recurrentLayers,
  ActivationLayer: layer(
    () => new ActivationLayer('tanh'),
    () => [{ name: 'leakyRelu', slope: 0.1 }],
    x,
  ),
  AveragePoolLayer: layer(
    () => new AveragePoolLayer({ ...image, poolSize: 2 }),
    () => [pool],
    () => Tensor.zeros([2, 1, 4, 4]),
  ),
  BatchNormLayer: layer(
    () => new BatchNormLayer(3),
    () => [3, { momentum: 0.9, epsilon: 1e-5, dtype: 'float32' }],
    x,
  ),
  BatchPredictor: {
    args: () => [async (rows: Tensor) => rows, [3], 'float32', { maxBatch: 4, maxDelayMs: 0 }],
    methods: { predict: () => [[1, 2, 3]] },
  },
  CsvColumnsError: 'made by the library; an Error that takes any text',
  BlasnetError: 'made by the library; an Error that takes any text',
  CifarImageReader: {
    args: () => [{ train: ['train.bin'], test: 'test.bin', augment: { horizontalFlip: true, crop: 4 } }],
    methods: readerMethods,
    internal: readerInternal,
  },
  ClassificationLayer: layer(
    () => new ClassificationLayer('softmax'),
    () => ['softmax'],
    x,
  ),
  ConvLayer: layer(
    () => new ConvLayer({ inputShape: [1, 4, 4], filters: 2, kernelSize: 3 }),
    () => [{ ...image, filters: 2, kernelSize: [3, 3], stride: 1, padding: 'same', dilation: 1, groups: 1 }],
    () => Tensor.zeros([2, 1, 4, 4]),
  ),
  CsvLogger: { args: () => ['log.csv'], internal: callbackInternal },
  DataReader: {
    args: () => [
      {
        train: 'train.csv',
        test: 'test.csv',
        label: { y: 'y' },
        inputs: { a: ['a', 'b'], c: { columns: 'c', as: 'index' } },
      },
    ],
    statics: {
      fromTensors: () => [named()],
      fromBatches: () => [
        () => [{ x: x(), y: y() }],
        { numTrain: 3, xValidation: { a: x() }, yValidation: { b: y() }, test: reader() },
      ],
    },
    instance: reader,
    methods: readerMethods,
    internal: readerInternal,
  },
  DropoutLayer: layer(
    () => new DropoutLayer(0.5),
    () => [0.5],
    x,
  ),
  EagerRunner: {
    args: () => ['float32', 0],
    methods: {
      tensor: () => [[2, 3]],
      run: () => ['relu_forward', { x: x(), y: Tensor.zeros([3, 3]), parameter: 0 }],
    },
    internal: ['rowsOf'],
  },
  embeddingSize: { args: () => [10] },
  EarlyStopping: {
    args: () => [{ monitor: 'lossTrain', mode: 'min', minDelta: 0.1, patience: 2, restoreBest: true }],
    internal: callbackInternal,
  },
  FlattenLayer: layer(
    () => new FlattenLayer(),
    () => [],
    x,
  ),
  FullyConnectedLayer: layer(
    () => new FullyConnectedLayer(3, 2),
    () => [3, 2, { initMethod: { name: 'msra', mode: 'fanOut' }, dtype: 'float32', seed: 1 }],
    x,
  ),
  GlobalAveragePoolLayer: layer(
    () => new GlobalAveragePoolLayer({ inputShape: [1, 4, 4] }),
    () => [image],
    () => Tensor.zeros([2, 1, 4, 4]),
  ),
  HyperParameters: { args: () => [hyperParameters()] },
  ImageDataReader: 'a base of readers: only classes that extend it are made',
  KernelOptimizer: 'abstract: createOptimizer makes those that extend it',
  Layer: 'abstract: the classes that extend it are walked',
  Loss: 'abstract: createLoss makes those that extend it',
  Metric: 'abstract: createMetric makes those that extend it',
  MaxPoolLayer: layer(
    () => new MaxPoolLayer({ ...image, poolSize: 2 }),
    () => [pool],
    () => Tensor.zeros([2, 1, 4, 4]),
  ),
  MnistImageDataReader: {
    args: () => [files('trainImages', 'trainLabels', 'testImages', 'testLabels')],
    methods: readerMethods,
    internal: readerInternal,
  },
  input: { args: () => [[3], { name: 'x', dtype: 'float32' }] },
  ModelCheckpoint: {
    args: () => [{ file: 'net.safetensors', saveBestOnly: true, monitor: 'lossTrain', mode: 'min', minDelta: 0.1 }],
    internal: callbackInternal,
  },
  MsraInitializer: initializer(() => [{ mode: 'fanIn', distribution: 'normal' }]),
  NeuralNet: {
    args: () => [new HyperParameters({ netType: 'fitting' }), 'net'],
    statics: {
      load: () => ['net.safetensors'],
      resume: () => ['run.safetensors', { maxEpoch: 9 }],
      fromOnnx: () => ['net.onnx', { name: 'net' }],
      fromGraph: () => [graphNodes(), new HyperParameters({ netType: 'fitting' }), 'net'],
    },
    instance: () => {
      const made = net();
      made.forward(x());
      return made;
    },
    methods: {
      train: () => [reader(), trainOptions()],
      trainOnBatch: () => [x(), y()],
      restoreBest: () => [],
      showLossHistory: () => [{ title: 't', xCoordinate: 'epoch', accuracyTitle: 'R²', file: 'loss.svg' }],
      save: () => ['net.safetensors'],
      saveWeights: () => ['weights'],
      loadWeights: () => ['weights'],
      saveInitialValues: () => ['initial'],
      loadInitialValues: () => ['initial'],
      exportOnnx: () => ['net.onnx', { inputShape: [3] }],
      inference: () => [x()],
      inferenceAsync: () => [x()],
      preparation: () => [net().preparation],
      predict: () => [[{ a: 1, b: '2', c: 3 }]],
      predictSync: () => [[{ a: 1, b: '2', c: 3 }]],
      predictor: () => [{ maxBatch: 4, maxDelayMs: 0 }],
      scaledPredictor: () => [{ maxBatch: 4, maxDelayMs: 0 }],
      stream: () => [{ rows: 2 }],
      test: () => [x(), y()],
      quantize: () => [x(), { percentile: 99, exclude: ['fc1'], raw: false }],
      addLayer: () => [new ActivationLayer('relu'), 'relu'],
      getLayer: () => ['fc1'],
      removeLayer: () => ['fc1'],
      forward: () => [x(), true],
      backward: () => [y()],
      preUpdateWeights: () => [],
      updateWeights: () => [],
      summary: () => [],
    },
    internal: [
      'layersChanged',
      'weightsChange',
      'setGraph',
      'inputsFrom',
      'labelsFrom',
      'partFrom',
      'checkInput',
      'checkInputs',
      'checkRows',
      'usePreparation',
      'requireDtype',
    ],
  },
  NormalInitializer: initializer(() => [{ scaled: true }]),
  OrthogonalInitializer: initializer(() => [{ gain: 2 }]),
  Parameter: {
    args: () => ['W', 'weights', [3, 2], 'float32', { trainable: true, penalized: true }],
    methods: { to: () => ['float64'] },
    internal: ['renamed'],
  },
  PlainLayer: 'abstract: for layers of users',
  RecurrentLayer: 'abstract: the base of LstmLayer and its like',
  Tensor: {
    statics: {
      from: () => [[1, 2, 3, 4], [2, 2], 'float32'],
      zeros: () => [[2, 2], 'float32'],
    },
    instance: x,
    methods: {
      reshape: () => [[9, 1]],
      slice: () => [0, 2],
      clone: () => ['float64'],
      toArray: () => [],
      toJSON: () => [],
    },
    internal: ['moveTo'],
  },
  TrainingHistory: {
    args: () => [
      [{ epoch: 1, iteration: 1, lossTrain: 1, accuracyTrain: 0, learningRate: 0.1 }],
      { stopReason: 'maxEpoch', seconds: 1, iterations: 1, test: { loss: 1, accuracy: 1 } },
    ],
    methods: { toJSON: () => [] },
  },
  XavierInitializer: initializer(() => [{ distribution: 'normal' }]),
  ZeroInitializer: initializer(() => []),
  binaryCrossEntropy: { args: () => [y(), y()] },
  createInitializer: { args: () => [{ name: 'msra', mode: 'fanOut' }] },
  createLayer: { args: () => [{ type: 'FullyConnectedLayer', inputs: 3, outputs: 2 }] },
  createLayers: {
    args: () => [[{ name: 'out', config: { type: 'FullyConnectedLayer' } }], { input: [3], outputs: 2 }],
  },
  createLoss: { args: () => [{ name: 'focal', gamma: 2, alpha: 0.5 }] },
  createMetric: { args: () => [{ name: 'f1', threshold: 0.5, average: 'macro' }] },
  createOptimizer: { args: () => ['adam', { learningRate: 0.1, beta1: 0.9, dtype: 'float32' }] },
  createWeightsBias: {
    args: () => [
      { dtype: 'float32', initializer: createInitializer('zero'), seed: 1, stream: 1 },
      [3, 2],
      [2],
      { fanIn: 3, fanOut: 2 },
    ],
  },
  crossEntropy: { args: () => [x(), x()] },
  getThreads: { args: () => [] },
  meanSquaredError: { args: () => [y(), y()] },
  npyBatches: { args: () => [{ x: 'x.npy', y: 'y.npy' }] },
  readNpz: { args: () => ['arrays.npz'] },
  readSafetensors: { args: () => [safetensors, ['scalar']] },
  registerLayer: { args: () => ['AnotherLayer', () => new ActivationLayer('relu')] },
  registerLoss: { args: () => ['anotherLoss', () => createLoss('huber')] },
  registerMetric: { args: () => ['anotherMetric', () => createMetric('f1')] },
  setThreads: { args: () => [1] },
  TextReader: {
    args: () => [
      {
        ...{
          train: 'train.csv',
          text: 'a',
          label: 'y',
          header: true,
          delimiter: ',',
          split: 0.3,
          validation: 3,
          seed: 1,
        },
        ...{
          tokenizer: 'words',
          lowerCase: true,
          locale: 'en',
          vocabularySize: 9,
          minCount: 1,
          maxLength: 3,
          keep: 'end',
        },
        ...{ features: 'tokens', labels: 'number' },
      },
    ],
    instance: async () => {
      await writeFile('texts.csv', 'text,label\na b,x\na c,y\nb c,x\n');
      const made = new TextReader({ train: 'texts.csv', features: 'bag' });
      await made.readData();
      return made;
    },
    methods: readerMethods,
    internal: readerInternal,
  },
  timeSeriesFromCsv: {
    args: () => [
      'train.csv',
      {
        ...windowOptions(),
        target: 'y',
        features: ['a'],
        time: { column: 'a', format: 'YYYY' },
        sort: true,
        missing: 'previous',
      },
    ],
  },
  TimeSeriesReader: 'timeSeriesWindows makes it',
  timeSeriesWindows: {
    args: () => [
      { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6] },
      { ...windowOptions(), target: ['a', 1], features: ['b', 0], dtype: 'float64' },
    ],
  },
  writeNpz: { args: () => ['arrays.npz', { a: x() }] },
  writeSafetensors: { args: () => ['tensors.safetensors', { a: x() }, { by: 'test' }] },
};

/** Results of the library's functions, walked as classes are. */
export const made: Readonly<Record<string, Callable>> = {
  DataReader: {
    instance: () => DataReader.fromTensors(named()),
    methods: {
      ...readerMethods,
      normalizeY: () => [{ c: 'fitting', d: { netType: 'fitting', method: 'standard', fitOn: 'train', base: 0 } }],
      deNormalizeY: () => [y(), 'c'],
      normalizePredictData: () => [{ a: x(), b: Tensor.from([1], [1], 'int32') }],
      toOneHot: () => [0, 'c'],
      toZeroOne: () => [{ zero: 0, one: 1 }, 'c'],
      setClassWeights: () => [[1, 2], 'c'],
    },
    internal: readerInternal,
  },
  RowPredictor: { instance: () => net().predictor({ maxDelayMs: 0 }), methods: { predict: () => [[1, 2, 3]] } },
  TimeSeriesReader: {
    instance: () => timeSeriesWindows([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { length: 2, horizon: 1, test: 2 }),
    methods: {
      ...readerMethods,
      normalizeX: () => [{ method: 'standard', fitOn: 'train' }],
      normalizeY: () => ['fitting', 0, { method: 'standard', fitOn: 'train' }],
      splitTestSet: () => [5],
      generateValidationSet: () => [10],
      naiveForecast: () => [{ set: 'test', season: 1 }],
    },
    internal: readerInternal,
  },
  ...Object.fromEntries(
    optimizerNames.map((name) => [
      name,
      {
        instance: () => createOptimizer(name),
        methods: {
          preUpdate: () => [vector(1, 2)],
          update: () => [vector(1, 2), vector(3, 4), { isWeight: true, learningRateFactor: 0.5 }],
          dtype: () => ['float32'],
        },
        internal: ['beginPass', 'updatePass', 'endPass', 'weightsIn'],
      },
    ]),
  ),
  loss: {
    instance: () => createLoss('huber'),
    methods: { evaluate: () => [y(), y()], gradient: () => [y(), y()], toJSON: () => [] },
    internal: ['call', 'fused', 'labelRule'],
  },
  metric: {
    instance: () => createMetric('f1'),
    methods: { evaluate: () => [y(), y(), { multiLabel: true }], toJSON: () => [] },
    internal: ['judge', 'call'],
  },
  parameter: {
    instance: () => new Parameter('W', 'w', [1], 'float32'),
    methods: { to: () => ['float64'] },
    internal: ['renamed'],
  },
};
