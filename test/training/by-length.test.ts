// Batches of sequences of like length.
import { join } from 'node:path';
import test from 'ava';
import {
  DataReader,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  GruLayer,
  HyperParameters,
  input,
  MaskLayer,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { badArgument } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { randomTensor } from '../support/numerics.js';

const rows = 50;
const lengths = Int32Array.from({ length: rows }, (_, i) => 1 + ((i * 7) % 5));
const params = (maxEpoch: number) =>
  new HyperParameters({ netType: 'fitting', dtype: 'float64', maxEpoch, batchSize: 8, seed: 3 });

function withLengths(maxEpoch: number) {
  const x = input([5, 2], { name: 'x' });
  const length = input([], { name: 'length', dtype: 'int32' });
  const masked = new MaskLayer().apply([x, length]);
  const y = new FullyConnectedLayer(1).apply(new GruLayer(3).apply(masked));
  return NeuralNet.fromGraph({ inputs: [x, length], outputs: [y] }, params(maxEpoch), 'net');
}

const reader = () =>
  DataReader.fromTensors({
    xTrain: { x: randomTensor([rows, 5, 2], 1), length: Tensor.from(lengths, [rows]) },
    yTrain: randomTensor([rows, 1], 2),
  });

const weightsOf = (net: NeuralNet) =>
  net.layers.flatMap(({ weights }) => Object.values(weights).map(({ data }) => [...data]));

test('rows come in batches of like length, the same ones after a resumed run', async (t) => {
  const file = join(await temporaryFolder(t), 'run.safetensors');
  const whole = withLengths(4);
  await whole.train(reader(), { shuffle: 'byLength' });
  const half = withLengths(2);
  await half.train(reader(), { shuffle: 'byLength', checkpointFile: file });
  const resumed = await NeuralNet.resume(file, { maxEpoch: 4 });
  await resumed.train(reader(), { checkpointFile: file });
  t.deepEqual(weightsOf(resumed), weightsOf(whole));
  const other = withLengths(4);
  await other.train(reader());
  t.notDeepEqual(weightsOf(other), weightsOf(whole));
});

test('lengths follow from tokens, or from a mask', async (t) => {
  const tokens = Tensor.from(
    Int32Array.from({ length: rows * 5 }, (_, i) => (i % 5 < lengths[Math.floor(i / 5)]! ? 1 + (i % 3) : 0)),
    [rows, 5],
  );
  const mask = tokens.clone('float64');
  const text = new NeuralNet(params(2), 'text');
  text.addLayer(new EmbeddingLayer(4, 3, { maskZero: true })).addLayer(new GlobalAveragePool1dLayer());
  text.addLayer(new FullyConnectedLayer(1));
  const yTrain = randomTensor([rows, 1], 2);
  const read = DataReader.fromTensors({ xTrain: tokens, yTrain });
  await text.train(read, { shuffle: 'byLength' });
  const x = input([5, 2], { name: 'x' });
  const counted = input([5], { name: 'mask' });
  const y = new FullyConnectedLayer(1).apply(new GruLayer(3).apply(new MaskLayer().apply([x, counted])));
  const masked = NeuralNet.fromGraph({ inputs: [x, counted], outputs: [y] }, params(4), 'net');
  await masked.train(DataReader.fromTensors({ xTrain: { x: randomTensor([rows, 5, 2], 1), mask }, yTrain }), {
    shuffle: 'byLength',
  });
  const same = withLengths(4);
  await same.train(reader(), { shuffle: 'byLength' });
  t.deepEqual(weightsOf(masked), weightsOf(same));
});

test('nets without lengths, streams and other words are refused', async (t) => {
  const plain = new NeuralNet(params(1), 'net').addLayer(new GruLayer(2)).addLayer(new FullyConnectedLayer(1));
  const read = DataReader.fromTensors({ xTrain: randomTensor([rows, 5, 2], 1), yTrain: randomTensor([rows, 1], 2) });
  await t.throwsAsync(plain.train(read, { shuffle: 'byLength' }), badArgument(/MaskLayer/));
  await t.throwsAsync(plain.train(read, { shuffle: 'bySize' as 'byLength' }), badArgument(/'byLength'/));
  const net = withLengths(1);
  const batch = {
    x: { x: randomTensor([8, 5, 2], 1), length: Tensor.from(lengths.slice(0, 8), [8]) },
    y: randomTensor([8, 1], 2),
  };
  const stream = DataReader.fromBatches(
    async function* () {
      yield batch;
    },
    { numTrain: 8 },
  );
  await stream.readData();
  await t.throwsAsync(net.train(stream, { shuffle: 'byLength' }), badArgument(/stream/));
});
