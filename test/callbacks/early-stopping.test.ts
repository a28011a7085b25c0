import test from 'ava';
import { type Callback, DataReader, EarlyStopping, NeuralNet, type TrainOptions } from 'blasnet';
import { sameCheckpoints } from '../support/checkpoints.js';
import { badArgument, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';

/** Few rows of noise to learn by heart, and a validation set that this does not help. */
function noisyReader(): DataReader {
  const reader = DataReader.fromTensors({
    xTrain: rowsOfNumbers(40, 3, 5),
    yTrain: labelsFor(rowsOfNumbers(40, 3, 77)),
  });
  reader.generateValidationSet(4);
  return reader;
}

const noisyNet = (maxEpoch = 200) => fittingNet([3, 32, 1], { learningRate: 0.3, maxEpoch, batchSize: 5, seed: 3 });

/** Trains, and keeps the weights at each checkpoint. */
async function watched(net: NeuralNet, options: TrainOptions) {
  const weights: number[][] = [];
  const watch: Callback = { onCheckpoint: () => void weights.push(weightsOf(net)) };
  const history = await net.train(noisyReader(), { ...options, callbacks: [watch, ...(options.callbacks ?? [])] });
  return { history, weights };
}

test('the run ends after so many checkpoints without a lower validation loss', async (t) => {
  const net = noisyNet();
  const { history, weights } = await watched(net, { callbacks: [new EarlyStopping({ patience: 7 })] });
  t.is(history.stopReason, 'earlyStop');
  t.is(history.records.length - 1 - history.records.indexOf(history.best), 7);
  t.deepEqual(weightsOf(net), weights.at(-1));
});

test('it ends as the earlyStop of HyperParameters does', async (t) => {
  const net = noisyNet();
  const { history } = await watched(net, { callbacks: [new EarlyStopping({ patience: 7, restoreBest: true })] });
  const twin = fittingNet([3, 32, 1], { ...net.params, regularizer: { method: 'earlyStop', value: 7 } });
  t.deepEqual(history.records, (await twin.train(noisyReader())).records);
  t.deepEqual(weightsOf(net), weightsOf(twin));
});

for (const [monitor, mode, better] of [
  ['accuracyTrain', undefined, (a: number, b: number) => a > b],
  ['accuracyTrain', 'min', (a: number, b: number) => a < b],
  ['lossTrain', undefined, (a: number, b: number) => a < b],
  ['learningRate', 'max', (a: number, b: number) => a > b],
] as const) {
  test(`monitor ${monitor}, mode ${mode} › the best checkpoint is that of the figure, and its weights come back`, async (t) => {
    const net = noisyNet(40);
    const stopping = new EarlyStopping({ monitor, mode, patience: 4, restoreBest: true });
    const { history, weights } = await watched(net, { callbacks: [stopping] });
    const figures = history.records.map((record) => record[monitor]);
    const best = figures.findIndex((figure) => !figures.some((other) => better(other, figure)));
    t.deepEqual(weightsOf(net), weights[best]);
    if (history.stopReason === 'earlyStop') t.is(history.records.length - 1 - best, 4);
    else t.is(history.stopReason, 'maxEpoch');
  });
}

test('minDelta › less is no progress', async (t) => {
  const run = async (minDelta: number) => {
    const net = fittingNet([3, 1], { learningRate: 1e-9, maxEpoch: 9 });
    const callbacks = [new EarlyStopping({ patience: 3, minDelta })];
    return (await net.train(fittingReader(40, 3), { callbacks, shuffle: false })).records.length;
  };
  t.is(await run(0.01), 4);
  t.is(await run(1e6), 4);
  const net = fittingNet([3, 1], { learningRate: 0.01, maxEpoch: 9 });
  t.is((await net.train(fittingReader(40, 3), { callbacks: [new EarlyStopping({ patience: 3 })] })).records.length, 9);
});

test('restoreBest › the weights come back where maxEpoch ends the run, and the test set is measured with them', async (t) => {
  const { xTrain, yTrain, xDev, yDev } = noisyReader();
  const reader = DataReader.fromTensors({ xTrain, yTrain, xTest: xDev, yTest: yDev });
  reader.generateValidationSet(4);
  const net = noisyNet(60);
  const callbacks = [new EarlyStopping({ patience: 1000, restoreBest: true })];
  const history = await net.train(reader, { needTest: true, callbacks });
  t.is(history.stopReason, 'maxEpoch');
  t.true(history.best !== history.records.at(-1));
  t.is(net.test(reader.xDev, reader.yDev).loss, history.best.lossValidation!);
  t.deepEqual(history.test, net.test(reader.xTest, reader.yTest));
});

test('one callback serves one run after another', async (t) => {
  const stopping = new EarlyStopping({ patience: 7, restoreBest: true });
  const runs = [];
  for (let i = 0; i < 2; i++) {
    const net = noisyNet();
    runs.push([(await net.train(noisyReader(), { callbacks: [stopping] })).records, weightsOf(net)]);
  }
  t.deepEqual(runs[0], runs[1]);
});

/** Trains with a file at each checkpoint until one of them, where it is killed. */
async function interrupted(net: NeuralNet, options: TrainOptions, at: number): Promise<void> {
  let count = 0;
  const onCheckpoint = () => {
    if (++count === at) throw new Error('killed');
  };
  await net.train(noisyReader(), { ...options, onCheckpoint }).catch(() => {});
}

for (const [name, make] of Object.entries({
  'the validation loss': () => [new EarlyStopping({ patience: 12, restoreBest: true })],
  'another figure': () => [
    new EarlyStopping({ monitor: 'accuracyTrain', mode: 'min', patience: 6, restoreBest: true }),
  ],
  'two of them': () => [
    new EarlyStopping({ monitor: 'accuracyTrain', minDelta: 0.05, patience: 9, restoreBest: true }),
    new EarlyStopping({ patience: 15, restoreBest: true }),
  ],
})) {
  test(`resumed runs end in the same bits › ${name}`, async (t) => {
    const folder = await temporaryFolder(t);
    const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
    const every = { checkpointEvery: 0.01 };
    const net = noisyNet();
    const history = await net.train(noisyReader(), { ...every, callbacks: make(), checkpointFile: whole });
    t.is(history.stopReason, 'earlyStop');
    const { length } = history.records;
    for (const at of [1, Math.floor(length / 2), length - 1]) {
      await interrupted(noisyNet(), { ...every, callbacks: make(), checkpointFile: parts }, at);
      const resumed = await NeuralNet.resume(parts);
      const rest = await resumed.train(noisyReader(), { ...every, callbacks: make(), checkpointFile: parts });
      t.deepEqual(rest.records, history.records, `${at}`);
      t.deepEqual(weightsOf(resumed), weightsOf(net), `${at}`);
      await sameCheckpoints(t, parts, whole, `${at}`);
    }
  });
}

test('a longer run goes on from the last weights, and ends as one that was so long', async (t) => {
  const folder = await temporaryFolder(t);
  const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
  const make = () => [new EarlyStopping({ monitor: 'accuracyTrain', mode: 'min', patience: 100, restoreBest: true })];
  await noisyNet(30).train(noisyReader(), { callbacks: make(), checkpointFile: whole });
  await noisyNet(20).train(noisyReader(), { callbacks: make(), checkpointFile: parts });
  const longer = await NeuralNet.resume(parts, { maxEpoch: 30 });
  await longer.train(noisyReader(), { callbacks: make(), checkpointFile: parts });
  await sameCheckpoints(t, parts, whole);
});

test('a run that goes on needs as many as before', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const keeping = () => new EarlyStopping({ patience: 50, restoreBest: true });
  await interrupted(noisyNet(), { callbacks: [keeping()], checkpointFile: file, checkpointEvery: 1 }, 3);
  const none = (await NeuralNet.resume(file)).train(noisyReader(), {
    callbacks: [new EarlyStopping({ patience: 50 })],
  });
  await t.throwsAsync(
    none,
    badArgument(/^Expected 1 of EarlyStopping with restoreBest, as in the checkpoint, for callbacks but received 0$/),
  );
  const two = (await NeuralNet.resume(file)).train(noisyReader(), { callbacks: [keeping(), keeping()] });
  await t.throwsAsync(two, badArgument(/^Expected 1 of EarlyStopping .* for callbacks but received 2$/));
  const history = await (await NeuralNet.resume(file)).train(noisyReader(), { callbacks: [keeping()] });
  t.is(history.stopReason, 'earlyStop');
});

test('a run that is over needs none', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const net = noisyNet();
  const callbacks = [new EarlyStopping({ patience: 5, restoreBest: true })];
  await net.train(noisyReader(), { callbacks, checkpointFile: file });
  const again = await NeuralNet.resume(file);
  t.is((await again.train(noisyReader())).stopReason, 'earlyStop');
  t.deepEqual(weightsOf(again), weightsOf(net));
});

test('a smaller patience than before can end a run that goes on at once', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const { records } = await noisyNet(60).train(noisyReader());
  const lowest = records.reduce((best, record) => (record.lossValidation! < best.lossValidation! ? record : best));
  const at = records.indexOf(lowest) + 5;
  const patient = [new EarlyStopping({ patience: 50 })];
  await interrupted(noisyNet(60), { callbacks: patient, checkpointFile: file, checkpointEvery: 0.01 }, at);
  const callbacks = [new EarlyStopping({ patience: 3 })];
  const history = await (await NeuralNet.resume(file)).train(noisyReader(), { callbacks });
  t.deepEqual([history.stopReason, history.records.length], ['earlyStop', at]);
});

test('a figure that records do not have ends the run, with those that they have', async (t) => {
  const callbacks = [new EarlyStopping({ monitor: 'accuracyValidation', patience: 2 })];
  await t.throwsAsync(
    fittingNet([3, 1]).train(fittingReader(20, 3), { callbacks }),
    badArgument(
      /^Expected one of epoch, iteration, lossTrain, accuracyTrain, learningRate for monitor but received 'accuracyV/,
    ),
  );
});

test('options out of range', (t) => {
  for (const [options, message] of [
    [undefined, /^Expected an object for options/],
    [{}, /^Expected a whole number of checkpoints above 0 for patience but received undefined$/],
    [{ patience: 0 }, /for patience but received 0$/],
    [{ patience: 1.5 }, /for patience but received 1.5$/],
    [{ patience: 1, minDelta: -1 }, /^Expected a finite number ≥ 0 for minDelta but received -1$/],
    [{ patience: 1, mode: 'up' }, /^Expected 'min' or 'max' for mode but received 'up'$/],
    [{ patience: 1, monitor: '' }, /for monitor but received ''$/],
    [{ patience: 1, restoreBest: 1 }, /^Expected true or false for restoreBest but received 1$/],
    [{ patience: 1, min_delta: 1 }, /but received 'min_delta'; did you mean 'minDelta'\?$/],
  ] as const) {
    t.throws(() => new EarlyStopping(untyped(options)), badArgument(message));
  }
});
