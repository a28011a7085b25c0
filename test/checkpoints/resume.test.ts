import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  ClassificationLayer,
  ConvLayer,
  DataReader,
  DropoutLayer,
  FlattenLayer,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  type Layer,
  NeuralNet,
  PlainLayer,
  registerLayer,
  setThreads,
  Tensor,
  type TrainOptions,
} from 'blasnet';
import { contentOf, sameCheckpoints } from '../support/checkpoints.js';
import { excerptReader } from '../support/cifar.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, rowsOfNumbers } from '../support/nets.js';
import { sample } from '../support/tier.js';

/** A way to train. */
interface Setup {
  readonly net: (options: Partial<HyperParameterOptions>) => NeuralNet;
  readonly reader: () => DataReader | Promise<DataReader>;
  readonly params?: Partial<HyperParameterOptions>;
  readonly options?: TrainOptions;
}

class Halving extends PlainLayer {
  override readonly kind = 'halving';
  override get config() {
    return { type: 'Halving' };
  }
  override outputShape(input: readonly number[]) {
    return input;
  }
  forward(x: Tensor) {
    return Tensor.from(
      x.data.map((value) => value / 2),
      x.shape,
    );
  }
  backward(delta: Tensor) {
    return Tensor.from(
      delta.data.map((value) => value / 2),
      delta.shape,
    );
  }
}
registerLayer('Halving', () => new Halving());

const stacked = (netType: HyperParameterOptions['netType'], layers: () => readonly Layer[]) => {
  return (options: Partial<HyperParameterOptions>) => {
    const net = new NeuralNet(new HyperParameters({ netType, ...options }), 'net');
    for (const layer of layers()) net.addLayer(layer);
    return net;
  };
};

const deep = stacked('fitting', () => [
  new FullyConnectedLayer(3, 8),
  new BatchNormLayer(8),
  new ActivationLayer('tanh'),
  new DropoutLayer(0.2),
  new FullyConnectedLayer(8, 1),
]);

/** 53 rows, of which 10 for validation: batches of 8 leave 3 rows over. */
const ragged = () => {
  const reader = fittingReader(53, 3);
  reader.normalizeX();
  reader.normalizeY('fitting');
  reader.generateValidationSet(5);
  return reader;
};

const [xStream, yStream] = [rowsOfNumbers(150, 20_000), rowsOfNumbers(150, 1, 2)]; // three windows of them

const streamed = async () => {
  const batches = [0, 62, 63, 63].map((from, i, starts) => {
    const to = starts[i + 1] ?? 150;
    return { x: xStream.slice(from, to), y: yStream.slice(from, to) };
  });
  const [xValidation, yValidation] = [xStream.slice(0, 20), yStream.slice(0, 20)];
  const reader = DataReader.fromBatches(() => batches, { xValidation, yValidation });
  await reader.readData();
  return reader;
};

const images = async () => {
  const reader = await excerptReader({ augment: { horizontalFlip: true, crop: 3 } });
  reader.normalizeX({ perChannel: true });
  reader.normalizeY('multipleClassifier');
  reader.setClassWeights('balanced');
  return reader;
};

const often: TrainOptions = { checkpoint: 0.3 };

const setups: Readonly<Record<string, Setup>> = {
  'sgd, whole epochs': { net: (options) => fittingNet([3, 5, 1], options), reader: () => fittingReader(64, 3) },
  'sgd, rows in order': { net: deep, reader: ragged, options: { checkpoint: 0.5, shuffle: false } },
  'adam, float64': { net: deep, reader: ragged, params: { optimizer: 'adam', dtype: 'float64' }, options: often },
  'nag, l2, clipping': {
    net: deep,
    reader: ragged,
    params: { optimizer: 'nag', regularizer: { method: 'l2', value: 0.1 }, gradientClip: { norm: 0.5 } },
    options: often,
  },
  'rmsProp and a cosine by iteration, warmed up': {
    net: deep,
    reader: ragged,
    params: {
      optimizer: 'rmsProp',
      learningRate: 0.01,
      learningRateSchedule: { kind: 'cosine', length: 30, unit: 'iteration', warmUp: { length: 4 } },
    },
    options: often,
  },
  'momentum and steps by epoch': {
    net: deep,
    reader: ragged,
    params: { optimizer: 'momentum', learningRateSchedule: { kind: 'step', every: 2, factor: 0.5 } },
    options: often,
  },
  'three batches an update': {
    net: deep,
    reader: ragged,
    params: {
      gradientAccumulation: 3,
      optimizer: 'nag',
      learningRateSchedule: { kind: 'exponential', factor: 0.9, unit: 'iteration' },
    },
    options: often,
  },
  'weights that are averaged': {
    net: deep,
    reader: ragged,
    params: { weightAverage: { decay: 0.9 }, optimizer: 'adam', gradientAccumulation: 2 },
    options: { ...often, restoreBest: true },
  },
  reduceOnPlateau: {
    net: deep,
    reader: ragged,
    params: { learningRateSchedule: { kind: 'reduceOnPlateau', patience: 1, cooldown: 1, factor: 0.5 } },
    options: often,
  },
  earlyStop: {
    net: deep,
    reader: ragged,
    params: { regularizer: { method: 'earlyStop', value: 4 }, optimizer: 'adam', learningRate: 0.3, maxEpoch: 40 },
    options: often,
  },
  stopDiff: {
    net: deep,
    reader: ragged,
    params: { stopper: { condition: 'stopDiff', value: 0.005 }, maxEpoch: 60 },
    options: often,
  },
  stream: {
    net: (options) => fittingNet([20_000, 2, 1], options),
    reader: streamed,
    params: { optimizer: 'momentum', batchSize: 8, learningRate: 1e-5, maxEpoch: 3 },
    options: often,
  },
  'augmented images, class weights': {
    net: stacked('multipleClassifier', () => [
      new ConvLayer({ inputShape: [3, 32, 32], filters: 4, kernelSize: 5, stride: 3 }),
      new BatchNormLayer(4),
      new ActivationLayer('relu'),
      new FlattenLayer(),
      new FullyConnectedLayer(400, 10),
      new ClassificationLayer('softmax'),
    ]),
    reader: images,
    params: { optimizer: 'adamW', batchSize: 7, learningRate: 0.01 },
    options: often,
  },
  'products in bfloat16': {
    net: deep,
    reader: ragged,
    params: { precision: 'bfloat16', optimizer: 'adam' },
    options: often,
  },
  'a layer in plain TypeScript': {
    net: stacked('fitting', () => [new FullyConnectedLayer(3, 4), new Halving(), new FullyConnectedLayer(4, 1)]),
    reader: ragged,
    options: often,
  },
};

/** Trains until the checkpoint of that number, and leaves the file as it then is. */
async function interrupt(net: NeuralNet, reader: DataReader, options: TrainOptions, at: number): Promise<boolean> {
  const abort = new AbortController();
  let checkpoints = 0;
  const onCheckpoint = () => {
    if (++checkpoints === at) abort.abort(new Error('interrupted'));
  };
  try {
    await net.train(reader, { ...options, onCheckpoint, signal: abort.signal });
    return false;
  } catch (error) {
    if ((error as Error).message !== 'interrupted') throw error;
    return true;
  }
}

for (const [name, { net: make, reader, params, options }] of Object.entries(setups)) {
  for (const threads of [2, 1].slice(0, sample(2, 2))) {
    test.serial(`resumed runs end in the same bits › ${name}, ${threads} threads`, async (t) => {
      setThreads(threads);
      const folder = await temporaryFolder(t);
      const net = () => make({ maxEpoch: 5, batchSize: 8, seed: 3, learningRate: 0.05, ...params });
      const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
      const every = { ...options, checkpointEvery: 0.01 };
      const history = await net().train(await reader(), { ...every, checkpointFile: whole });
      const { records } = history;
      t.true(records.length >= 5, `${records.length} checkpoints`);
      const moments = [Math.floor(records.length / 2), 1, records.length - 1];
      for (const at of moments.slice(0, sample(moments.length, 3))) {
        await interrupt(net(), await reader(), { ...every, checkpointFile: parts }, at);
        const resumed = await NeuralNet.resume(parts);
        const rest = await resumed.train(await reader(), { ...every, checkpointFile: parts });
        t.deepEqual([...rest.records], [...records], `${at}`);
        t.is(rest.stopReason, history.stopReason);
        t.is(rest.iterations, history.iterations);
        t.deepEqual(rest.best, history.best);
        await sameCheckpoints(t, parts, whole, `interrupted at ${at}`);
      }
    });
  }
}

test.serial('interrupted again and again, and in a later run of the same net', async (t) => {
  const folder = await temporaryFolder(t);
  const options: TrainOptions = { checkpoint: 0.4, checkpointEvery: 0.01 };
  const net = () => deep({ maxEpoch: 4, batchSize: 8, optimizer: 'adam' });
  const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
  const first = net();
  await first.train(ragged());
  await first.train(ragged(), { ...options, checkpointFile: whole });

  const second = net();
  await second.train(ragged());
  let isInterrupted = await interrupt(second, ragged(), { ...options, checkpointFile: parts }, 1);
  let times = 0;
  for (; isInterrupted; times++) {
    const resumed = await NeuralNet.resume(parts);
    isInterrupted = await interrupt(resumed, ragged(), { ...options, checkpointFile: parts }, 2);
  }
  t.true(times >= 4, `${times}`);
  await sameCheckpoints(t, parts, whole);
  t.true((await contentOf(parts)).seconds > 0);
});

test.serial('without checkpointFile a resumed run goes on all the same', async (t) => {
  const file = `${await temporaryFolder(t)}/parts`;
  const make = () => deep({ maxEpoch: 3, batchSize: 8 });
  const whole = make();
  const { records } = await whole.train(ragged());
  await interrupt(make(), ragged(), { checkpointFile: file, checkpointEvery: 1 }, 1);
  const resumed = await NeuralNet.resume(file);
  t.deepEqual((await resumed.train(ragged())).records, records);
  const x = rowsOfNumbers(5, 3);
  t.deepEqual(resumed.inference(x).data, whole.inference(x).data);
  t.deepEqual(resumed.preparation, whole.preparation);
  // The next train is a new run, as it is for the net that was never interrupted.
  t.deepEqual((await resumed.train(ragged())).records, (await whole.train(ragged())).records);
});

test.serial('a finished run has nothing left to do', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const reader = ragged();
  const net = deep({ maxEpoch: 40, batchSize: 8, regularizer: { method: 'earlyStop', value: 2 }, learningRate: 0.5 });
  const history = await net.train(reader, { checkpointFile: file });
  t.is(history.stopReason, 'earlyStop');
  const resumed = await NeuralNet.resume(file);
  const again = await resumed.train(ragged(), { checkpointFile: file });
  const { seconds: _, ...expected } = history.toJSON() as { seconds: number };
  const { seconds, ...found } = again.toJSON() as { seconds: number };
  t.deepEqual(found, expected);
  t.true(seconds >= 0);
  const x = rowsOfNumbers(5, 3);
  t.deepEqual(resumed.inference(x).data, net.inference(x).data);
});
