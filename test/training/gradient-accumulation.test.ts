import test from 'ava';
import {
  ActivationLayer,
  type CheckpointRecord,
  DataReader,
  DropoutLayer,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  type Layer,
  NeuralNet,
  setThreads,
  Tensor,
} from 'blasnet';
import { badArgument, notFinite, untyped } from '../support/errors.js';
import { PassingLayer, weightsOf } from '../support/nets.js';
import { differences, randomTensor, sumOf } from '../support/numerics.js';

type Options = Partial<HyperParameterOptions>;

function netWith(options: Options, ...extra: readonly Layer[]): NeuralNet {
  const params = new HyperParameters({ netType: 'fitting', dtype: 'float64', maxEpoch: 4, batchSize: 8, ...options });
  const net = new NeuralNet(params, 'net')
    .addLayer(new FullyConnectedLayer(3, 6))
    .addLayer(new ActivationLayer('tanh'));
  for (const layer of extra) net.addLayer(layer);
  return net.addLayer(new FullyConnectedLayer(6, 1));
}

const [xAll, yAll] = [randomTensor([60, 3], 1), randomTensor([60, 1], 2)];
/** The training rows; those before them are the validation set. */
const [x, y] = [xAll.slice(7, 60), yAll.slice(7, 60)];

function readerOf(): DataReader {
  const reader = DataReader.fromTensors({ xTrain: xAll, yTrain: yAll });
  reader.generateValidationSet(8);
  return reader;
}

async function streamReader(): Promise<DataReader> {
  const parts = [
    [0, 10],
    [10, 40],
    [40, 53],
  ].map(([from, to]) => ({ x: x.slice(from!, to!), y: y.slice(from!, to!) }));
  const reader = DataReader.fromBatches(() => parts);
  await reader.readData();
  return reader;
}

/** Rounding alone: sums of other lengths. */
const tolerance = { rtol: 1e-12, atol: 1e-13 };

function recordDifferences(records: readonly CheckpointRecord[], expected: readonly CheckpointRecord[]): string[] {
  const fields = [
    'epoch',
    'lossTrain',
    'accuracyTrain',
    'lossValidation',
    'accuracyValidation',
    'learningRate',
  ] as const;
  const numbers = (list: readonly CheckpointRecord[]) => list.flatMap((one) => fields.map((field) => one[field]!));
  return differences(numbers(records), numbers(expected), tolerance, 'records');
}

const ways: Readonly<Record<string, Options>> = {
  sgd: {},
  'adam, its rate by iteration': {
    optimizer: 'adam',
    learningRate: 0.01,
    learningRateSchedule: { kind: 'exponential', factor: 0.9, unit: 'iteration', warmUp: { length: 3 } },
  },
  'nag with l2': { optimizer: 'nag', learningRate: 0.02, regularizer: { method: 'l2', value: 0.3 } },
  'momentum with l1 and clipping': {
    optimizer: 'momentum',
    learningRate: 0.02,
    regularizer: { method: 'l1', value: 0.1 },
    gradientClip: { norm: 0.2, value: 0.1 },
  },
  'adamW that averages its weights': {
    optimizer: { name: 'adamW', weightDecay: 0.1, excludeBiasAndNorm: true },
    learningRate: 0.01,
    weightAverage: { decay: 0.8 },
  },
};

for (const [name, options] of Object.entries(ways)) {
  for (const batches of [2, 3, 4, 20]) {
    test(`${batches} batches an update are a batch of so many times the rows: ${name}`, async (t) => {
      const [small, large] = [
        netWith({ ...options, gradientAccumulation: batches }),
        netWith({ ...options, batchSize: 8 * batches }),
      ];
      const [own, expected] = [await small.train(readerOf()), await large.train(readerOf())];
      t.deepEqual(differences(weightsOf(small), weightsOf(large), tolerance), []);
      t.deepEqual(recordDifferences(own.records, expected.records), []);
      t.is(own.iterations, 7 * 4); // batches
    });
  }
}

test('a stream accumulates as rows in memory do', async (t) => {
  const [streamed, whole] = [1, 2].map(() => netWith({ gradientAccumulation: 3, optimizer: 'adam' })) as [
    NeuralNet,
    NeuralNet,
  ];
  await streamed.train(await streamReader());
  await whole.train(readerOf(), { shuffle: false });
  t.deepEqual(weightsOf(streamed), weightsOf(whole));
});

test.serial(
  'the bits do not depend on threads, on checkpoints within a group, or on whether kernels are recorded',
  async (t) => {
    const options = { gradientAccumulation: 3, optimizer: 'nag', weightAverage: { decay: 0.9 } } as const;
    const train = async (net: NeuralNet, checkpoint?: number) => {
      await net.train(readerOf(), { checkpoint });
      return weightsOf(net);
    };
    const make = () => netWith(options, new ActivationLayer('identity'));
    const expected = await train(make());
    t.deepEqual(await train(make(), 1 / 7), expected);
    t.deepEqual(await train(netWith(options, new PassingLayer())), expected);
    setThreads(1);
    t.deepEqual(await train(make()), expected);
    setThreads(2);
    t.deepEqual(await train(make()), expected);
  },
);

test('a group that an abort leaves unfinished changes nothing, and the next run begins a new one', async (t) => {
  const options = { gradientAccumulation: 3, maxEpoch: 1 };
  const [net, fresh] = [netWith(options), netWith(options)];
  const before = weightsOf(net);
  const abort = new AbortController();
  const training = net.train(readerOf(), {
    checkpoint: 2 / 7,
    onCheckpoint: () => abort.abort(new Error('enough')),
    signal: abort.signal,
  });
  await t.throwsAsync(training, { message: 'enough' });
  t.deepEqual(weightsOf(net), before);
  await net.train(readerOf(), { shuffle: false });
  await fresh.train(readerOf(), { shuffle: false });
  t.deepEqual(weightsOf(net), weightsOf(fresh));
});

test('dropout draws new masks for each batch of a group', async (t) => {
  const rows = (source: Tensor) =>
    Tensor.from([...source.slice(0, 8).data, ...source.slice(0, 8).data], [16, source.rowSize]);
  const twice = DataReader.fromTensors({
    xTrain: Tensor.from(Float64Array.from(rows(x).data), [16, 3]),
    yTrain: Tensor.from(Float64Array.from(rows(y).data), [16, 1]),
  });
  const net = netWith({ gradientAccumulation: 2, maxEpoch: 1 }, new DropoutLayer(0.5));
  const { records } = await net.train(twice, { checkpoint: 0.5, shuffle: false });
  t.is(records.length, 2);
  t.not(records[0]!.lossTrain, records[1]!.lossTrain);
});

test('trainOnBatch and steps by hand update at once', (t) => {
  const [accumulating, plain] = [
    netWith({ gradientAccumulation: 4, optimizer: 'adam' }),
    netWith({ optimizer: 'adam' }),
  ];
  for (const net of [accumulating, plain]) {
    for (let step = 0; step < 3; step++) net.trainOnBatch(x, y);
    net.forward(x);
    net.backward(y);
    net.updateWeights();
  }
  t.deepEqual(weightsOf(accumulating), weightsOf(plain));
});

test('after a train, layers hold the mean gradient of the last group', async (t) => {
  const net = netWith({ gradientAccumulation: 20, maxEpoch: 1, learningRate: 1e-9 });
  await net.train(readerOf());
  const gradients = () =>
    net.layers.flatMap((layer) => Object.values(layer.gradients).flatMap(({ data }) => [...data]));
  const mean = gradients();
  net.forward(x);
  net.backward(y);
  t.true(sumOf(mean.map(Math.abs)) > 0);
  t.deepEqual(differences(mean, gradients(), { rtol: 1e-6 }), []);
});

test('lost numbers in a group leave the weights of the last checkpoint', async (t) => {
  const net = netWith({ gradientAccumulation: 3 });
  const before = weightsOf(net);
  const yTrain = y.clone();
  yTrain.data[20] = 1e200;
  await t.throwsAsync(
    net.train(DataReader.fromTensors({ xTrain: x, yTrain }), { shuffle: false }),
    notFinite(/finite loss .* in epoch 1, iteration 3/),
  );
  t.deepEqual(weightsOf(net), before);
});

test('gradientAccumulation is a whole number above 0', (t) => {
  for (const value of [0, -1, 1.5, Number.NaN, '2', null]) {
    if (value === null) continue; // stands for the default, as for other numbers
    t.throws(
      () => netWith({ gradientAccumulation: untyped(value) }),
      badArgument(/^Expected a whole number of batches above 0 for gradientAccumulation but received/),
    );
  }
});
