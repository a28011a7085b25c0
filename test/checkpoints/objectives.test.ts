// Losses and metrics in files: runs that are resumed, nets that are saved, files of before.
import test from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  input,
  Loss,
  Metric,
  NeuralNet,
  type Ops,
  readSafetensors,
  registerLoss,
  registerMetric,
  Tensor,
  type TrainOptions,
  type Value,
  writeSafetensors,
} from 'blasnet';
import { sameCheckpoints } from '../support/checkpoints.js';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { rowsOfNumbers } from '../support/nets.js';
import { streamOf } from '../support/objectives.js';

class Quantile extends Loss {
  readonly share: number;

  constructor(share: number) {
    super();
    this.share = share;
  }

  override get config() {
    return { type: 'QuantileOfFiles', share: this.share };
  }

  override call(ops: Ops, output: Value, target: Value): Value {
    const e = ops.subtract(target, output);
    return ops.mean(ops.maximum(ops.multiply(e, this.share), ops.multiply(e, this.share - 1)), -1);
  }
}
registerLoss('QuantileOfFiles', ({ share }) => new Quantile(share as number));

class Below extends Metric {
  override get config() {
    return { type: 'BelowOfFiles' };
  }

  override call(ops: Ops, output: Value, target: Value): Value {
    return ops.mean(ops.relu(ops.subtract(target, output)), -1);
  }

  override get higherIsBetter() {
    return false;
  }
}
registerMetric('BelowOfFiles', () => new Below());

const x = rowsOfNumbers(53, 4);
const prices = rowsOfNumbers(53, 1, 2);
const kinds = Tensor.from(
  Array.from({ length: 53 }, (_, i) => {
    const kind = i % 5 === 0 ? 2 : x.data[4 * i]! > 0.3 ? 1 : i % 2;
    return [0, 1, 2].map((one) => Number(one === kind));
  }),
);

function netOf(): NeuralNet {
  const rows = input([4]);
  const hidden = new ActivationLayer('tanh').apply(new FullyConnectedLayer(6).apply(rows, 'hidden'));
  const price = new FullyConnectedLayer(1).apply(hidden, 'price');
  const kind = new ClassificationLayer('softmax').apply(new FullyConnectedLayer(3).apply(hidden, 'z'), 'kind');
  const params = new HyperParameters({
    loss: { price: new Quantile(0.7), kind: { name: 'crossEntropy', labelSmoothing: 0.1 } },
    lossWeights: { price: 2 },
    metrics: { price: [new Below(), 'r2'], kind: ['rocAuc', 'confusionMatrix', { name: 'topK', k: 2 }] },
    monitor: 'kind.rocAuc',
    regularizer: { method: 'earlyStop', value: 6 },
    optimizer: 'adam',
    batchSize: 8,
    maxEpoch: 5,
    seed: 3,
  });
  return NeuralNet.fromGraph({ inputs: [rows], outputs: [price, kind] }, params, 'net');
}

const labels = { price: prices, kind: kinds };
const memory = () => {
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: labels });
  reader.generateValidationSet(5);
  reader.setClassWeights('balanced', 'kind');
  return reader;
};
const sampleWeight = (rows: number) =>
  Tensor.from(
    Float32Array.from({ length: rows }, (_, i) => (i % 4) / 2),
    [rows],
  );

async function interrupt(net: NeuralNet, reader: DataReader, options: TrainOptions, at: number): Promise<void> {
  const abort = new AbortController();
  let checkpoints = 0;
  const onCheckpoint = () => {
    if (++checkpoints === at) abort.abort(new Error('interrupted'));
  };
  await net.train(reader, { ...options, onCheckpoint, signal: abort.signal }).catch((error: Error) => {
    if (error.message !== 'interrupted') throw error;
  });
}

type Texts = Readonly<Record<string, string>>;

/** Writes a file with other texts, in format version 1, which needs no checksums. */
async function rewrite(file: string, changed: string, change: (texts: Texts) => Texts): Promise<void> {
  const { tensors: arrays, metadata } = await readSafetensors(file);
  const { checksum: _, checksums: __, ...texts } = metadata;
  const tensors = Object.fromEntries(
    Object.entries(arrays).map(([name, { data, shape }]) => [name, Tensor.from(untyped<Float32Array>(data), shape)]),
  );
  await writeSafetensors(changed, tensors, { ...change(texts), formatVersion: '1' });
}

for (const [name, reader] of Object.entries({ memory, stream: () => streamOf(x, labels, 9) })) {
  test(`resumed runs end in the same bits, metrics and all › ${name}`, async (t) => {
    const folder = await temporaryFolder(t);
    const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
    const weights = sampleWeight((await reader()).numTrain);
    const options: TrainOptions = { checkpoint: 0.4, checkpointEvery: 0.01, sampleWeight: weights };
    const { records, best } = await netOf().train(await reader(), { ...options, checkpointFile: whole });
    t.true(records.length > 6, `${records.length}`);
    for (const at of [1, 4]) {
      await interrupt(netOf(), await reader(), { ...options, checkpointFile: parts }, at);
      const resumed = await NeuralNet.resume(parts);
      const rest = await resumed.train(await reader(), { ...options, checkpointFile: parts });
      t.deepEqual([...rest.records], [...records]);
      t.deepEqual(rest.best, best);
      await sameCheckpoints(t, parts, whole, `interrupted at ${at}`);
    }
    await interrupt(netOf(), await reader(), { ...options, checkpointFile: parts }, 2);
    const others = weights.clone();
    others.data[5] = 7;
    for (const other of [undefined, others]) {
      const resumed = await NeuralNet.resume(parts);
      await t.throwsAsync(
        resumed.train(await reader(), { ...options, sampleWeight: other, checkpointFile: parts }),
        badArgument(/^Expected \d+, as in the checkpoint, for the checksum of sampleWeight but received/),
      );
    }
  });
}

test('a saved net has its losses and metrics, own ones too', async (t) => {
  const file = `${await temporaryFolder(t)}/net`;
  const net = netOf();
  await net.train(memory());
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(loaded.test(x, labels), net.test(x, labels));
  t.is(JSON.stringify(loaded.params), JSON.stringify(net.params));
  const { loss, metrics } = JSON.parse(JSON.stringify(net.params));
  t.deepEqual(loss, {
    price: { type: 'QuantileOfFiles', share: 0.7 },
    kind: { name: 'crossEntropy', labelSmoothing: 0.1 },
  });
  t.deepEqual(metrics.price, [{ type: 'BelowOfFiles' }, 'r2']);
});

const single = (options: ConstructorParameters<typeof HyperParameters>[0]) =>
  new NeuralNet(new HyperParameters(options), 'net').addLayer(new FullyConnectedLayer(4, 1), 'fc1');

test('classes that are not registered train, and cannot be saved', async (t) => {
  class Plain extends Loss {
    override call(ops: Ops, output: Value, target: Value): Value {
      return ops.mean(ops.abs(ops.subtract(output, target)), -1);
    }
  }
  class Inheriting extends Quantile {}
  class Unknown extends Below {
    override get config() {
      return { type: 'UnknownOfFiles' };
    }
  }
  const file = `${await temporaryFolder(t)}/net`;
  const reader = () => DataReader.fromTensors({ xTrain: x, yTrain: prices });
  for (const [net, message] of [
    [single({ loss: new Plain() }), /^Expected a class with a config that is known to registerLoss for the loss but/],
    [
      single({ loss: new Inheriting(0.5) }),
      /^Expected a config of its class Inheriting for the loss but received 'one of Quantile'$/,
    ],
    [
      single({ loss: 'huber', metrics: [new Unknown()] }),
      /known to registerMetric for the metric but received 'Unknown'$/,
    ],
  ] as const) {
    const { records } = await net.train(reader());
    t.true(Number.isFinite(records[0]!.lossTrain));
    await t.throwsAsync(net.save(file), badArgument(message));
    await t.throwsAsync(net.train(reader(), { checkpointFile: file }), badArgument(message));
  }
});

test('files without losses, metrics and monitor are those of nets with a type', async (t) => {
  const folder = await temporaryFolder(t);
  const [file, older] = [`${folder}/run`, `${folder}/older`];
  const make = () => single({ netType: 'fitting', maxEpoch: 4, regularizer: { method: 'earlyStop', value: 9 } });
  const reader = () => DataReader.fromTensors({ xTrain: x, yTrain: prices });
  const { records } = await make().train(reader());
  await interrupt(make(), reader(), { checkpointFile: file, checkpointEvery: 0.01 }, 2);
  await rewrite(file, older, ({ hyperParameters, ...texts }) => {
    const { monitor, ...params } = JSON.parse(hyperParameters!);
    t.is(monitor, 'loss');
    t.false('loss' in params || 'metrics' in params || 'lossWeights' in params);
    t.false('metrics' in JSON.parse(texts.training!));
    return { ...texts, hyperParameters: JSON.stringify(params) };
  });
  const resumed = await NeuralNet.resume(older);
  t.is(resumed.params.monitor, 'loss');
  t.deepEqual((await resumed.train(reader())).records, records);
});

test('files whose metrics do not fit their records are refused', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  await interrupt(netOf(), memory(), { checkpointFile: file, checkpointEvery: 0.01 }, 2);
  const changes: ((metrics: Record<string, unknown>) => unknown)[] = [
    (metrics) => ({ ...metrics, other: [] }),
    (metrics) => ({ ...metrics, 'price.r2': [-1, 2] }),
    (metrics) => ({ ...metrics, 'price.r2': 5 }),
    () => 7,
    () => ({}),
  ];
  for (const change of changes) {
    const changed = `${file}.changed`;
    await rewrite(file, changed, ({ training, ...texts }) => {
      const state = JSON.parse(training!);
      return { ...texts, training: JSON.stringify({ ...state, metrics: change(state.metrics) }) };
    });
    await t.throwsAsync(NeuralNet.resume(changed), badFile(/./));
  }
});
