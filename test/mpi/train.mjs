// Run by mpirun: trains a small net and prints a checksum of its weights, with the figures of the run.
//   node train.mjs '{"kind":"dense","shards":4,"rows":203,"checkpointFile":"…"}'
import { createHash } from 'node:crypto';
import * as blasnet from 'blasnet';
import { mpi } from 'blasnet/mpi';

const { DataReader, HyperParameters, NeuralNet, Tensor } = blasnet;
const options = JSON.parse(process.argv[2] ?? '{}');
const { kind = 'dense', shards, rows = 203, batchSize = 32, checkpointFile, failing = {}, odd = {} } = options;
const communicator = await mpi({ timeoutMs: options.timeoutMs });
const { rank } = communicator;

const rowShape = { conv: [1, 8, 8], lstm: [6, 4], masked: [6, 4], attention: [6, 4] }[kind] ?? [12];
let state = 7 + (odd.data === rank ? 1 : 0);
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
};

/** Rows that each rank reads for itself, three at a time. */
async function streamOf({ x, y }) {
  const source = function* ({ ranges }) {
    for (const [from, to] of ranges(options.streamRows ?? x.rows)) {
      for (let at = from; at < to; at += 3) {
        const end = Math.min(to, at + 3);
        rowsRead += end - at;
        yield { x: x.slice(at, end), y: y.slice(at, end) };
      }
    }
  };
  const reader = DataReader.fromBatches(source, {
    communicator,
    batchSize: odd.batchSize === rank ? batchSize + 1 : batchSize,
    xValidation: x.slice(0, 10),
    yValidation: y.slice(0, 10),
  });
  await reader.readData();
  say({ rowsRead, numTrain: reader.numTrain });
  reader.normalizeX({ method: 'standard' });
  return reader;
}

let rowsRead = 0;
async function readerOf() {
  const size = rowShape.reduce((product, length) => product * length, 1);
  const x = Float32Array.from({ length: rows * size }, random);
  if (kind === 'masked') for (let i = 0; i < rows; i++) x.fill(0, i * size + 4 * (1 + (i % 6)), (i + 1) * size);
  const y = new Float32Array(rows * 3);
  for (let i = 0; i < rows; i++) y[i * 3 + Math.floor((random() + 1) * 1.49)] = 1;
  const [xTrain, yTrain] = [Tensor.from(x, [rows, ...rowShape]), Tensor.from(y, [rows, 3])];
  if (options.stream) return streamOf({ x: xTrain, y: yTrain });
  const reader = DataReader.fromTensors({ xTrain, yTrain });
  reader.generateValidationSet(21);
  return reader;
}

function netOf() {
  const { ActivationLayer, ClassificationLayer, ConvLayer, DropoutLayer, FlattenLayer, FullyConnectedLayer } = blasnet;
  const params = new HyperParameters({
    netType: 'multipleClassifier',
    maxEpoch: options.maxEpoch ?? 4,
    batchSize,
    optimizer: options.optimizer ?? 'adam',
    learningRate: kind === 'notFinite' ? 1e36 : odd.learningRate === rank ? 0.02 : 0.01,
    seed: 3,
    metrics: ['rocAuc', 'f1'],
    ...(kind === 'penalty' && { regularizer: { method: 'l2', value: 0.01 } }),
    ...(kind === 'accumulate' && { gradientAccumulation: 2 }),
    ...(kind === 'clip' && { gradientClip: { norm: 0.5 } }),
    ...(kind === 'clipped' && { gradientClip: { value: 0.01 } }),
    ...(kind === 'average' && { weightAverage: { decay: 0.9 } }),
    ...(kind === 'double' && { dtype: 'float64' }),
    ...(kind === 'plateau' && { learningRateSchedule: { kind: 'reduceOnPlateau', patience: 1 } }),
  });
  const net = new NeuralNet(params, 'net');
  if (kind === 'conv') net.addLayer(new ConvLayer({ filters: 4, kernelSize: 3 })).addLayer(new FlattenLayer());
  if (kind === 'masked') net.addLayer(new blasnet.MaskLayer());
  if (kind === 'lstm' || kind === 'masked') net.addLayer(new blasnet.LstmLayer(options.width ? 300 : 8));
  if (kind === 'attention') net.addLayer(new blasnet.TransformerEncoderLayer({ heads: 2, feedForward: 8, dropout: 0.2 }));
  if (kind === 'attention') net.addLayer(new FlattenLayer());
  net.addLayer(new FullyConnectedLayer(options.width ?? 16));
  if (options.width) net.addLayer(new ActivationLayer('tanh')).addLayer(new FullyConnectedLayer(options.width));
  if (kind === 'norm') net.addLayer(new blasnet.BatchNormLayer());
  net.addLayer(new ActivationLayer('relu'));
  if (kind === 'dropout') net.addLayer(new DropoutLayer(0.3));
  return net.addLayer(new FullyConnectedLayer(3)).addLayer(new ClassificationLayer('softmax'));
}

const say = (told) => process.stdout.write(`${JSON.stringify({ rank, ...told })}\n`);
const here = (place) => failing.rank === rank && failing.place === place;
const abort = new AbortController();
const callback = {
  onTrainBegin: () => void (options.tells && say({ began: process.pid })),
  onCheckpoint: ({ record, stop }) => {
    if (here('stop') && record.epoch === 2) stop();
    if (here('busy') && record.epoch === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
    if (here('callback') && record.epoch === 2) throw new Error('the callback fails');
  },
};

try {
  if (here('signal')) setTimeout(() => abort.abort(new Error('that will do')), 300);
  const net = options.resume ? await NeuralNet.resume(checkpointFile) : netOf();
  const { records, stopReason } = await net.train(await readerOf(), {
    ...(options.stream && { shuffle: false }),
    communicator,
    ...(shards && { shards }),
    ...(checkpointFile && { checkpointFile }),
    ...(options.checkpointEvery && { checkpointEvery: options.checkpointEvery }),
    callbacks: [callback],
    signal: abort.signal,
  });
  const hash = createHash('sha1');
  for (const layer of net.layers) for (const { value } of layer.parameters) hash.update(value.data);
  const figures = records.map(({ epoch, lossTrain, lossValidation, learningRate, metrics, validationMetrics }) => [
    ...[epoch, lossTrain, lossValidation, learningRate, metrics.f1, metrics.rocAuc],
    ...[validationMetrics.f1, validationMetrics.rocAuc],
  ]);
  // Long lines of several ranks would be mixed.
  const told = records.length > 10 ? createHash('sha1').update(JSON.stringify(figures)).digest('hex') : figures;
  say({ bits: hash.digest('hex'), stopReason, records: told });
} catch (error) {
  say({ code: error.code, message: error.message });
  if (!error.code && !failing.place) throw error;
}
