import test from 'ava';
import { DataReader, type RowBatch, Tensor } from 'blasnet';
import { badArgument } from '../support/errors.js';
import { classifier, fittingNet, labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';

const x = rowsOfNumbers(100, 4);
const y = labelsFor(x);
const validation = rowsOfNumbers(20, 4, 9);
const sets = {
  xValidation: validation,
  yValidation: labelsFor(validation),
  xTest: validation,
  yTest: labelsFor(validation),
};

/** The rows in batches of those sizes, and how many epochs were begun and ended. */
function streamed(sizes: readonly number[]) {
  const counts = { begun: 0, ended: 0 };
  const source = async function* (): AsyncGenerator<RowBatch> {
    counts.begun++;
    try {
      for (let from = 0, i = 0; from < 100; i++) {
        const to = Math.min(100, from + sizes[i % sizes.length]!);
        yield { x: x.slice(from, to), y: y.slice(from, to) };
        from = to;
      }
    } finally {
      counts.ended++;
    }
  };
  return { source, counts };
}

test('training on a stream is training on the same rows in memory, in their order', async (t) => {
  const memory = DataReader.fromTensors({ xTrain: x, yTrain: y });
  const { source, counts } = streamed([7, 30, 1]);
  const stream = DataReader.fromBatches(source);
  await stream.readData();
  const results = [];
  for (const reader of [memory, stream]) {
    reader.normalizeX();
    reader.normalizeY('fitting');
    const net = fittingNet([4, 8, 1], { seed: 3, maxEpoch: 5, batchSize: 16 });
    const { records } = await net.train(reader, { shuffle: false });
    results.push({ losses: records.map(({ lossTrain }) => lossTrain), weights: weightsOf(net) });
  }
  t.deepEqual(results[1], results[0]);
  t.is(counts.begun, counts.ended);
});

test('validation and test sets are those of the options', async (t) => {
  const stream = DataReader.fromBatches(streamed([50]).source, sets);
  await stream.readData();
  stream.normalizeX();
  stream.normalizeY('fitting');
  const net = fittingNet([4, 8, 1], { maxEpoch: 2, batchSize: 16 });
  const history = await net.train(stream, { shuffle: false, needTest: true });
  t.is(history.records.at(-1)!.lossValidation, net.test(stream.xDev, stream.yDev).loss);
  t.deepEqual(history.test, net.test(stream.xTest, stream.yTest));
});

test('a run that ends early ends the source', async (t) => {
  const { source, counts } = streamed([10]);
  const stream = DataReader.fromBatches(source);
  await stream.readData();
  const net = fittingNet([4, 1], { maxEpoch: 50, batchSize: 10, stopper: { condition: 'stopLoss', value: 1e9 } });
  await net.train(stream, { shuffle: false, checkpoint: 0.3 });
  t.is(counts.begun, counts.ended);
});

test('class weights count in training on a stream', async (t) => {
  const labels = Tensor.from(
    Float32Array.from({ length: 100 }, (_, i) => Number(i % 5 === 0)),
    [100, 1],
  );
  const losses = [];
  for (const weights of [undefined, [1, 1], [2, 2], 'balanced'] as const) {
    const stream = DataReader.fromBatches(() => [{ x, y: labels }]);
    await stream.readData();
    stream.toOneHot();
    if (weights) stream.setClassWeights(weights);
    const net = classifier(4, 2, { maxEpoch: 1, batchSize: -1, seed: 1, learningRate: 1e-9 });
    losses.push((await net.train(stream, { shuffle: false })).records[0]!.lossTrain);
  }
  t.is(losses[1], losses[0]);
  t.true(Math.abs(losses[2]! / losses[0]! - 2) < 1e-6);
  t.not(losses[3], losses[0]);
});

test('what the source throws ends training with it', async (t) => {
  const mine = new RangeError('mine');
  let epochs = 0;
  const stream = DataReader.fromBatches(function* () {
    yield { x, y };
    if (epochs++ > 1) throw mine;
  });
  await stream.readData();
  const net = fittingNet([4, 1], { maxEpoch: 10 });
  t.is(await net.train(stream, { shuffle: false }).catch((error) => error), mine);
  const other = fittingNet([4, 1]);
  const unread = DataReader.fromBatches(() => [{ x, y }]);
  await t.throwsAsync(other.train(unread, { shuffle: false }), badArgument(/readData to have finished/));
});
