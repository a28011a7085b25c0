import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';

const rows = 70;
const waves = (columns: number) =>
  Tensor.from(
    Float64Array.from({ length: rows * columns }, (_, i) => Math.sin(12.9898 * i * i)),
    [rows, columns],
    'float64',
  );

function readerOf(hasValidation = true) {
  const yTrain = Tensor.zeros([rows, 3], 'float64');
  for (let i = 0; i < rows; i++) yTrain.data[3 * i + ((i * i) % 3)] = 1;
  const reader = DataReader.fromTensors({ xTrain: waves(5), yTrain });
  if (hasValidation) reader.generateValidationSet(6);
  return reader;
}

function netOf(options: HyperParameterOptions = {}, hasNorm = false) {
  const params = { netType: 'multipleClassifier', dtype: 'float64', maxEpoch: 3, batchSize: 24, seed: 5 } as const;
  const metrics = ['f1', 'rocAuc'] as const;
  const net = new NeuralNet(new HyperParameters({ ...params, metrics, learningRate: 0.3, ...options }), 'net');
  net.addLayer(new FullyConnectedLayer(8));
  if (hasNorm) net.addLayer(new BatchNormLayer());
  net.addLayer(new ActivationLayer('tanh')).addLayer(new FullyConnectedLayer(3));
  return net.addLayer(new ClassificationLayer('softmax'));
}

const weightsOf = (net: NeuralNet) =>
  net.layers.flatMap((layer) => layer.parameters.map(({ value }) => [...value.data]));

function near(t: { true(value: boolean, message?: string): unknown }, a: number[][], b: number[][], tolerance: number) {
  const worst = Math.max(...a.flatMap((numbers, i) => numbers.map((x, k) => Math.abs(x - b[i]![k]!))));
  t.true(worst <= tolerance, `off by ${worst}`);
  t.true(a.length > 0);
}

const cases: Record<string, HyperParameterOptions> = {
  sgd: {},
  adam: { optimizer: 'adam', learningRate: 0.01 },
  l1: { regularizer: { method: 'l1', value: 0.01 } },
  accumulation: { gradientAccumulation: 2 },
  'a loss of operations': { loss: 'focal' },
};
for (const [name, options] of Object.entries(cases)) {
  test(`training by shards computes the same, but for rounding: ${name}`, async (t) => {
    const [whole, cut] = [netOf(options), netOf(options)];
    const expected = await whole.train(readerOf());
    for (const shards of [1, 4]) {
      const net = shards === 1 ? netOf(options) : cut;
      const { records } = await net.train(readerOf(), { shards });
      near(t, weightsOf(net), weightsOf(whole), shards === 1 ? 0 : 1e-10);
      for (const [i, record] of records.entries()) {
        t.true(Math.abs(record.lossTrain - expected.records[i]!.lossTrain) < 1e-10);
        t.is(record.metrics!.f1, expected.records[i]!.metrics!.f1);
        t.is(record.metrics!.rocAuc, expected.records[i]!.metrics!.rocAuc);
      }
    }
  });
}

test('batch norm takes the statistics of each shard, and the mean of them for inference', async (t) => {
  const reader = readerOf(false);
  const options = { maxEpoch: 1, batchSize: -1, learningRate: 1e-300 };
  const net = netOf(options, true);
  const linear = netOf(options, true).layers[0]!;
  await net.train(reader, { shards: 2, shuffle: false });
  const [norm] = net.layers.filter((layer) => layer instanceof BatchNormLayer);
  // The first layer's outputs for the rows, in two halves.
  const outputs = linear.forward(waves(5));
  const half = rows / 2;
  const { mean, var: variance } = norm!.weights;
  for (let column = 0; column < 8; column++) {
    const means = [0, 1].map((shard) => {
      let sum = 0;
      for (let i = 0; i < half; i++) sum += outputs.data[(half * shard + i) * 8 + column]!;
      return sum / half;
    });
    // One step from 0 towards the mean of both halves.
    t.true(Math.abs(mean!.data[column]! - (0.1 * (means[0]! + means[1]!)) / 2) < 1e-12);
    t.not(variance!.data[column], 1);
  }
});

test('a run by shards resumes to the same bits, and keeps its number of shards', async (t) => {
  const file = `${await temporaryFolder(t)}/run.safetensors`;
  const [whole, net] = [netOf({ maxEpoch: 4 }), netOf({ maxEpoch: 4 })];
  await whole.train(readerOf(), { shards: 4 });
  const halt = { onCheckpoint: ({ record }: { record: { epoch: number } }) => record.epoch === 2 && halted() };
  const halted = () => {
    throw new Error('enough');
  };
  await t.throwsAsync(
    net.train(readerOf(), { shards: 4, checkpointFile: file, checkpointEvery: 1, callbacks: [halt] }),
  );
  const refused = await NeuralNet.resume(file);
  await t.throwsAsync(
    refused.train(readerOf(), { shards: 2 }),
    badArgument(/^Expected 4, as in the checkpoint, for shards but received 2/),
  );
  const resumed = await NeuralNet.resume(file);
  await resumed.train(readerOf());
  t.deepEqual(weightsOf(resumed), weightsOf(whole));
});

test('shards and communicators that cannot be are refused', async (t) => {
  const net = netOf();
  for (const shards of [0, 1.5, 5000, untyped<number>('2')]) {
    await t.throwsAsync(net.train(readerOf(), { shards }), badArgument(/a whole number from 1 to 4096 for shards/));
  }
  await t.throwsAsync(
    net.train(readerOf(), { shards: 25 }),
    badArgument(/^Expected at most the 24 rows of a batch for shards but received 25$/),
  );
  for (const communicator of [1, {}, { rank: 0, size: 2, allGather: () => [] }]) {
    await t.throwsAsync(
      net.train(readerOf(), { communicator: untyped(communicator) }),
      badArgument(/^Expected what mpi\(\) of 'blasnet\/mpi' resolves with for communicator/),
    );
  }
});
