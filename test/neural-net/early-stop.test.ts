import test from 'ava';
import { type CheckpointRecord, DataReader, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';
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

/** A reader whose validation set gets worse in the end, and a test set. */
function testedReader(): DataReader {
  const { xTrain, yTrain } = noisyReader();
  const [xTest, yTest] = [rowsOfNumbers(10, 3, 8), labelsFor(rowsOfNumbers(10, 3, 9))];
  const reader = DataReader.fromTensors({ xTrain, yTrain, xTest, yTest });
  reader.generateValidationSet(4);
  return reader;
}

for (const [name, rule] of Object.entries({
  maxEpoch: {},
  stopDiff: { stopper: { condition: 'stopDiff', value: 0.1 } },
  earlyStop: { regularizer: { method: 'earlyStop', value: 7 } },
} as const)) {
  test(`train with restoreBest ends with the weights of its best checkpoint, tests with them › ${name}`, async (t) => {
    const run = { ...options, maxEpoch: 60, ...rule };
    const plain = fittingNet([3, 32, 1], run);
    const { history, weights, records } = await trainAndWatch(plain, testedReader());
    const best = records.indexOf(history.best);
    t.true(best < records.length - 1);

    const reader = testedReader();
    const net = fittingNet([3, 32, 1], run);
    const restored = await net.train(reader, { restoreBest: true, needTest: true });
    t.is(restored.stopReason, name as typeof restored.stopReason);
    t.deepEqual(restored.records, history.records);
    t.deepEqual(weightsOf(net), weights[best]);
    t.deepEqual(restored.test, net.test(reader.xTest, reader.yTest));
    if (name !== 'earlyStop') t.deepEqual(weightsOf(plain), weights.at(-1));
  });
}

test('train with restoreBest keeps the last weights where the run is aborted', async (t) => {
  const controller = new AbortController();
  const net = fittingNet([3, 32, 1], options);
  const weights: number[][] = [];
  const onCheckpoint = () => {
    weights.push(weightsOf(net));
    if (weights.length === 60) controller.abort(new Error('enough'));
  };
  const training = net.train(noisyReader(), { restoreBest: true, onCheckpoint, signal: controller.signal });
  await t.throwsAsync(training, { message: 'enough' });
  t.deepEqual(weightsOf(net), weights.at(-1));
  net.restoreBest();
  t.notDeepEqual(weightsOf(net), weights.at(-1));
});

test('train with restoreBest › another value', async (t) => {
  const train = fittingNet([3, 1]).train(fittingReader(9, 3), { restoreBest: untyped('yes') });
  await t.throwsAsync(train, badArgument(/^Expected true or false for restoreBest but received 'yes'$/));
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
