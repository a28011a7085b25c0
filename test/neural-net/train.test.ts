import test from 'ava';
import { type CheckpointRecord, DataReader, getThreads, setThreads, Tensor, type TrainingProgress } from 'blasnet';
import {
  classifier,
  fittingNet,
  fittingReader,
  labelsFor,
  numbers,
  rowsOfNumbers,
  weightsOf,
} from '../support/nets.js';

/** 20 rows in batches of 4: five iterations an epoch. */
const options = { batchSize: 4, maxEpoch: 4 };
const iterationsOf = (records: readonly CheckpointRecord[]) => records.map(({ iteration }) => iteration);

for (const [checkpoint, expected] of [
  [0.05, Array.from({ length: 20 }, (_, i) => i + 1)],
  [0.4, [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]],
  [0.5, [3, 6, 9, 12, 15, 18, 20]],
  [1, [5, 10, 15, 20]],
  [3, [15, 20]],
  [4, [20]],
  [1000, [20]],
  [Number.MAX_VALUE, [20]],
] as const) {
  test(`checkpoint ${checkpoint} › records every ⌈checkpoint × iterations per epoch⌉ iterations and at the end`, async (t) => {
    const told: CheckpointRecord[] = [];
    const history = await fittingNet([3, 4, 1], options).train(fittingReader(20, 3), {
      checkpoint,
      onCheckpoint: (record) => told.push(record),
    });
    t.deepEqual(iterationsOf(history.records), [...expected]);
    t.deepEqual(told, [...history.records]);
    t.is(history.iterations, 20);
    t.is(history.stopReason, 'maxEpoch');
    t.true(history.seconds > 0);
    t.is(history.test, undefined);
    for (const { epoch, iteration } of history.records) t.is(epoch, iteration / 5);
  });
}

test('checkpoint › rounding in binary does not make an interval longer', async (t) => {
  const history = await fittingNet([1, 1], { batchSize: 1, maxEpoch: 1 }).train(fittingReader(100, 1), {
    checkpoint: 0.07,
  });
  t.deepEqual(iterationsOf(history.records).slice(0, 3), [7, 14, 21]);
});

test('records › the training loss is the mean over the rows since the last checkpoint, before each update', async (t) => {
  const reader = fittingReader(20, 3);
  const settings = { ...options, maxEpoch: 1, dtype: 'float64', learningRate: 0.05 } as const;
  const net = fittingNet([3, 1], settings);
  const history = await net.train(reader, { checkpoint: 0.4, shuffle: false });
  const twin = fittingNet([3, 1], settings);
  const losses = Array.from({ length: 5 }, (_, i) => {
    const { x, y } = reader.getBatchSamples(4, i);
    return twin.trainOnBatch(x.clone('float64'), y.clone('float64')).loss;
  });
  const expected = [(losses[0]! + losses[1]!) / 2, (losses[2]! + losses[3]!) / 2, losses[4]!];
  for (const [i, { lossTrain }] of history.records.entries()) t.true(Math.abs(lossTrain - expected[i]!) < 1e-12);
  t.deepEqual(weightsOf(net), weightsOf(twin));
});

test('records › validation is what test says, with the weights of that moment', async (t) => {
  const reader = fittingReader(300, 3);
  reader.generateValidationSet(3);
  const net = fittingNet([3, 4, 1], { maxEpoch: 2 });
  const history = await net.train(reader, { checkpoint: 1 });
  const last = history.records.at(-1)!;
  const { loss, accuracy } = net.test(reader.xDev, reader.yDev);
  t.is(last.lossValidation, loss);
  t.is(last.accuracyValidation, accuracy);
  t.is(history.best, history.records.toSorted((a, b) => a.lossValidation! - b.lossValidation!)[0]!);
  t.true(history.records.every((each) => Object.isFrozen(each)));
});

test('records › no validation set, no validation loss', async (t) => {
  const { records } = await fittingNet([3, 1], options).train(fittingReader(20, 3));
  const keys = ['epoch', 'iteration', 'lossTrain', 'accuracyTrain', 'learningRate'];
  for (const record of records) t.deepEqual(Object.keys(record), keys);
});

test('needTest › loss and accuracy on the test set at the end', async (t) => {
  const xTest = rowsOfNumbers(30, 3, 9);
  const train = fittingReader(20, 3);
  const reader = DataReader.fromTensors({ xTrain: train.xTrain, yTrain: train.yTrain, xTest, yTest: labelsFor(xTest) });
  const net = fittingNet([3, 1], options);
  const history = await net.train(reader, { needTest: true });
  t.deepEqual(history.test, net.test(reader.xTest, reader.yTest));
});

test('training learns', async (t) => {
  const history = await fittingNet([2, 8, 1], { maxEpoch: 60, batchSize: 8 }).train(fittingReader(200, 2));
  t.true(history.records.at(-1)!.lossTrain < history.records[0]!.lossTrain / 5);
  t.true(history.records.at(-1)!.accuracyTrain > 0.9);
});

test('classes are learned', async (t) => {
  const xTrain = rowsOfNumbers(300, 2);
  const yTrain = Tensor.from(
    Array.from({ length: 300 }, (_, i) => [xTrain.data[2 * i]! > xTrain.data[2 * i + 1]! ? 5 : 4]),
  );
  const reader = DataReader.fromTensors({ xTrain, yTrain });
  reader.normalizeY('multipleClassifier', 4);
  reader.generateValidationSet(3);
  const history = await classifier(2, 2, { maxEpoch: 40, batchSize: 10, learningRate: 0.5 }).train(reader);
  t.true(history.best.accuracyValidation! > 0.95);
});

for (const [batchSize, iterations] of [
  [-1, 1],
  [1, 23],
  [10, 3],
  [23, 1],
  [24, 1],
  [1e9, 1],
] as const) {
  test(`batchSize ${batchSize} › ${iterations} iterations an epoch of 23 rows, all rows seen once`, async (t) => {
    const net = fittingNet([3, 1], { batchSize, maxEpoch: 1, learningRate: 1e-30 });
    const reader = fittingReader(23, 3);
    const history = await net.train(reader);
    t.is(history.iterations, iterations);
    const { loss } = net.test(reader.xTrain, reader.yTrain);
    t.true(Math.abs(history.records[0]!.lossTrain - loss) < 1e-6 * loss);
  });
}

test('stopLoss › stops at the first checkpoint with a loss at or below', async (t) => {
  const full = await fittingNet([3, 1], { maxEpoch: 10 }).train(fittingReader(100, 3));
  const value = full.records[4]!.lossTrain;
  const expected = full.records.findIndex(({ lossTrain }) => lossTrain <= value);
  const net = fittingNet([3, 1], { maxEpoch: 10, stopper: { condition: 'stopLoss', value } });
  const history = await net.train(fittingReader(100, 3));
  t.is(history.stopReason, 'stopLoss');
  t.deepEqual(history.records, full.records.slice(0, expected + 1));
});

test('stopLoss › looks at the validation loss where there is one', async (t) => {
  const reader = () => {
    const made = fittingReader(100, 3);
    made.generateValidationSet(4);
    return made;
  };
  const full = await fittingNet([3, 1], { maxEpoch: 5 }).train(reader());
  const value = full.records[1]!.lossValidation!;
  const history = await fittingNet([3, 1], { maxEpoch: 5, stopper: { condition: 'stopLoss', value } }).train(reader());
  t.is(history.stopReason, 'stopLoss');
  t.is(history.records.length, full.records.findIndex(({ lossValidation }) => lossValidation! <= value) + 1);
});

test('stopDiff › stops after four small changes in a row', async (t) => {
  const net = fittingNet([3, 1], {
    learningRate: 1e-30,
    maxEpoch: 20,
    batchSize: -1,
    stopper: { condition: 'stopDiff', value: 1e-3 },
  });
  const history = await net.train(fittingReader(30, 3));
  t.is(history.stopReason, 'stopDiff');
  t.is(history.records.length, 5);
});

test('stopDiff › changes that are large do not count', async (t) => {
  const net = fittingNet([3, 1], { maxEpoch: 8, stopper: { condition: 'stopDiff', value: 0 } });
  t.is((await net.train(fittingReader(30, 3))).stopReason, 'maxEpoch');
});

test('a second train goes on where the first ended', async (t) => {
  const reader = fittingReader(50, 3);
  const whole = fittingNet([3, 8, 1], { batchSize: 8, maxEpoch: 6, seed: 5 });
  const full = await whole.train(reader);
  const parts = fittingNet([3, 8, 1], { batchSize: 8, maxEpoch: 3, seed: 5 });
  const [first, second] = [await parts.train(reader), await parts.train(reader)];
  t.deepEqual(weightsOf(parts), weightsOf(whole));
  t.deepEqual([...first.records, ...second.records], [...full.records]);
  t.is(second.iterations, 21);
});

test('the same seed gives the same bits, another seed others', async (t) => {
  const run = async (seed: number, shuffle = true) => {
    const net = fittingNet([3, 8, 1], { batchSize: 8, maxEpoch: 3, seed });
    const { records } = await net.train(fittingReader(50, 3), { shuffle });
    return { weights: weightsOf(net), records };
  };
  const [a, b, other, unshuffled] = await Promise.all([run(1), run(1), run(2), run(1, false)]);
  t.deepEqual(a, b);
  t.notDeepEqual(a, other);
  t.notDeepEqual(a, unshuffled);
});

test('shuffle › with the same weights, only the seed decides the order', async (t) => {
  const run = async (seed: number) => {
    const net = fittingNet([3, 1], { batchSize: 8, maxEpoch: 1, seed, initMethod: 'zero' });
    await net.train(fittingReader(50, 3));
    return weightsOf(net);
  };
  t.deepEqual(await run(7), await run(7));
  t.notDeepEqual(await run(7), await run(8));
});

test.serial('the number of threads does not change a bit', async (t) => {
  const before = getThreads();
  t.teardown(() => setThreads(before));
  const xTrain = rowsOfNumbers(600, 256);
  const results: unknown[] = [];
  for (const threads of [1, 2, 3]) {
    setThreads(threads);
    const reader = DataReader.fromTensors({ xTrain, yTrain: labelsFor(xTrain) });
    reader.generateValidationSet(6);
    const net = fittingNet([256, 256, 300, 1], { batchSize: 256, maxEpoch: 2, learningRate: 0.01 });
    const { records } = await net.train(reader);
    results.push({ weights: weightsOf(net), records });
  }
  t.deepEqual(results[1], results[0]);
  t.deepEqual(results[2], results[0]);
});

test('onProgress › again and again, with plausible numbers', async (t) => {
  const told: TrainingProgress[] = [];
  const net = fittingNet([64, 128, 128, 1], { batchSize: 32, maxEpoch: 100_000, learningRate: 1e-3 });
  const reader = fittingReader(1000, 64);
  const controller = new AbortController();
  await t.throwsAsync(
    net.train(reader, {
      checkpoint: 0.5,
      signal: controller.signal,
      onProgress(progress) {
        told.push(progress);
        if (told.length >= 3 && progress.checkpoint) controller.abort(new Error('enough'));
      },
    }),
    { message: 'enough' },
  );
  for (const [i, progress] of told.entries()) {
    t.is(progress.iterationsPerEpoch, 32);
    t.is(progress.maxEpoch, 100_000);
    t.is(progress.totalIterations, 3_200_000);
    t.true(progress.iteration > (told[i - 1]?.iteration ?? 0) && progress.iteration <= progress.totalIterations);
    t.is(progress.epoch, Math.ceil(progress.iteration / 32));
    t.true(progress.loss > 0 && Number.isFinite(progress.loss) && progress.accuracy <= 1);
    t.true(progress.samplesPerSecond > 0 && progress.secondsLeft > 0);
    if (progress.checkpoint) t.true(progress.checkpoint.iteration <= progress.iteration);
  }
  t.truthy(told.at(-1)!.checkpoint);
});

test('onProgress › a short run tells of its end', async (t) => {
  const told: TrainingProgress[] = [];
  const history = await fittingNet([3, 1], options).train(fittingReader(20, 3), { onProgress: (p) => told.push(p) });
  const last = told.at(-1)!;
  t.is(last.iteration, 20);
  t.is(last.epoch, 4);
  t.is(last.secondsLeft, 0);
  t.is(last.checkpoint, history.records.at(-1));
  t.is(last.loss, history.records.at(-1)!.lossTrain);
});

test('training does not change the data', async (t) => {
  const reader = fittingReader(20, 3);
  await fittingNet([3, 1], options).train(reader);
  t.deepEqual(reader.xTrain.data, numbers(60));
});

test('data of another dtype than the net is converted', async (t) => {
  const reader = fittingReader(20, 3);
  const double = DataReader.fromTensors({
    xTrain: reader.xTrain.clone('float64'),
    yTrain: reader.yTrain.clone('float64'),
  });
  const [a, b] = [fittingNet([3, 1], options), fittingNet([3, 1], options)];
  t.deepEqual((await a.train(reader)).records, (await b.train(double)).records);
  t.deepEqual(weightsOf(a), weightsOf(b));
});

test('two nets train at once as they would alone', async (t) => {
  const make = (seed: number) => fittingNet([8, 64, 1], { seed, maxEpoch: 5 });
  const reader = fittingReader(300, 8);
  const [a, b] = [make(1), make(2)];
  await Promise.all([a.train(reader), b.train(reader)]);
  const [c, d] = [make(1), make(2)];
  await c.train(reader);
  await d.train(reader);
  t.deepEqual([weightsOf(a), weightsOf(b)], [weightsOf(c), weightsOf(d)]);
});
