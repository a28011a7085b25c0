import test from 'ava';
import { type CheckpointRecord, DataReader, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { badArgument } from '../support/errors.js';
import { fittingNet, fittingReader, labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';

/** Few rows of noise to learn by heart, and a validation set that this does not help. */
function noisyReader(): DataReader {
  const xTrain = rowsOfNumbers(40, 3, 5);
  const yTrain = labelsFor(rowsOfNumbers(40, 3, 77));
  const reader = DataReader.fromTensors({ xTrain, yTrain });
  reader.generateValidationSet(4);
  return reader;
}

const options = { learningRate: 0.3, maxEpoch: 200, batchSize: 5, seed: 3 };

/** Runs a training and keeps the weights of each checkpoint. */
async function trainAndWatch(net: NeuralNet, reader: DataReader) {
  const weights: number[][] = [];
  const records: CheckpointRecord[] = [];
  const history = await net.train(reader, {
    onCheckpoint: (record) => {
      weights.push(weightsOf(net));
      records.push(record);
    },
  });
  return { history, weights, records };
}

test('earlyStop ends after so many checkpoints without a new lowest loss, with the weights of the lowest', async (t) => {
  const net = fittingNet([3, 32, 1], { ...options, regularizer: { method: 'earlyStop', value: 7 } });
  const reader = noisyReader();
  const { history, weights, records } = await trainAndWatch(net, reader);
  t.is(history.stopReason, 'earlyStop');
  const best = records.indexOf(history.best);
  t.is(records.length - 1 - best, 7);
  t.true(records.every(({ lossValidation }) => lossValidation! >= history.best.lossValidation!));
  t.deepEqual(weightsOf(net), weights[best]);
  t.notDeepEqual(weightsOf(net), weights.at(-1));
  t.is(net.test(reader.xDev, reader.yDev).loss, history.best.lossValidation!);
});

test('earlyStop gives the best weights back where maxEpoch comes first, and tests with them', async (t) => {
  const net = fittingNet([3, 32, 1], { ...options, maxEpoch: 60, regularizer: { method: 'earlyStop', value: 1000 } });
  const data = noisyReader();
  const reader = DataReader.fromTensors({
    xTrain: data.xTrain,
    yTrain: data.yTrain,
    xTest: data.xDev,
    yTest: data.yDev,
  });
  reader.generateValidationSet(4);
  const history = await net.train(reader, { needTest: true });
  t.is(history.stopReason, 'maxEpoch');
  t.is(net.test(reader.xDev, reader.yDev).loss, history.best.lossValidation!);
  t.deepEqual(history.test, net.test(reader.xTest, reader.yTest));
});

test('restoreBest goes back to the best checkpoint of the last train', async (t) => {
  const net = fittingNet([3, 32, 1], options);
  t.throws(() => net.restoreBest(), badArgument(/a train before it for restoreBest but received 'none'/));
  const { history, weights, records } = await trainAndWatch(net, noisyReader());
  t.deepEqual(weightsOf(net), weights.at(-1));
  net.restoreBest();
  t.deepEqual(weightsOf(net), weights[records.indexOf(history.best)]);
});

test('without a validation set, the training loss decides', async (t) => {
  const net = fittingNet([3, 8, 1], { ...options, regularizer: { method: 'earlyStop', value: 2 } });
  const history = await net.train(fittingReader(30, 3));
  const lowest = Math.min(...history.records.map(({ lossTrain }) => lossTrain));
  t.is(history.best.lossTrain, lowest);
});

test('reduceOnPlateau: the rate falls when the loss does not, and never below its minimum', async (t) => {
  const learningRateSchedule = { kind: 'reduceOnPlateau', factor: 0.5, patience: 2, minimum: 0.05 } as const;
  const net = fittingNet([3, 32, 1], { ...options, learningRateSchedule });
  const { records } = await net.train(noisyReader());
  const rates = [...new Set(records.map(({ learningRate }) => learningRate))];
  t.deepEqual(rates, [0.3, 0.15, 0.075, 0.05]);
});

test('a net without weights that change is trained all the same', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 1 }), 'nothing');
  const x = Tensor.from([[1], [2]]);
  const layer = fittingNet([1, 1]);
  await t.throwsAsync(net.train(DataReader.fromTensors({ xTrain: x, yTrain: x })), badArgument(/at least one layer/));
  t.is((await layer.train(DataReader.fromTensors({ xTrain: x, yTrain: x }))).stopReason, 'maxEpoch');
});
