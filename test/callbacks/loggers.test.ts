import { readdir, readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { type Callback, type CheckpointRecord, CsvLogger, ModelCheckpoint, NeuralNet } from 'blasnet';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';

const options = { batchSize: 4, maxEpoch: 4 };
const reader = () => {
  const made = fittingReader(25, 3);
  made.generateValidationSet(5);
  return made;
};

/** The records of a CSV file. */
async function recordsIn(file: string): Promise<Record<string, number>[]> {
  const [head, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const cells = line.split(',').map(Number);
    return Object.fromEntries(head!.split(',').map((name, i) => [name, cells[i]!]));
  });
}

test('CsvLogger › a line for each checkpoint, to the last digit', async (t) => {
  const file = `${await temporaryFolder(t)}/logs/run.csv`;
  const net = fittingNet([3, 1], options);
  const { records } = await net.train(reader(), { checkpoint: 0.4, callbacks: [new CsvLogger(file)] });
  t.is(records.length, 10);
  t.deepEqual(
    await recordsIn(file),
    records.map((record) => ({ ...record })),
  );
});

test('CsvLogger › a new run begins the file anew', async (t) => {
  const file = `${await temporaryFolder(t)}/run.csv`;
  const net = fittingNet([3, 1], options);
  const callbacks = [new CsvLogger(file)];
  await net.train(reader(), { callbacks });
  const { records } = await net.train(fittingReader(20, 3), { callbacks });
  t.deepEqual(
    await recordsIn(file),
    records.map((record) => ({ ...record })),
  );
});

test('CsvLogger › a run that is resumed goes on after its newest checkpoint', async (t) => {
  const folder = await temporaryFolder(t);
  const [file, run] = [`${folder}/run.csv`, `${folder}/run.safetensors`];
  const kill: Callback = {
    onCheckpoint({ records }) {
      if (records.length === 3) throw new Error('killed');
    },
  };
  const files = { checkpointFile: run, checkpointEvery: 0.01 };
  const callbacks = [new CsvLogger(file), kill];
  await t.throwsAsync(fittingNet([3, 1], options).train(reader(), { ...files, callbacks }), { message: 'killed' });
  t.is((await recordsIn(file)).length, 3); // one more than the run's file knows
  await writeFile(file, `${await readFile(file, 'utf8')}3,1`); // and part of a line
  const resumed = await NeuralNet.resume(run);
  const { records } = await resumed.train(reader(), { ...files, callbacks: [new CsvLogger(file)] });
  t.is(records.length, 4);
  t.deepEqual(
    await recordsIn(file),
    records.map((record) => ({ ...record })),
  );
});

test('CsvLogger › a file that cannot be written ends the run before its first step', async (t) => {
  const net = fittingNet([3, 1], options);
  const before = weightsOf(net);
  const training = net.train(reader(), { callbacks: [new CsvLogger('/proc/run.csv')] });
  await t.throwsAsync(training, badFile(/^Expected a writable file at '\/proc\/run\.csv'/));
  t.deepEqual(weightsOf(net), before);
  for (const file of [undefined, '', 5])
    t.throws(() => new CsvLogger(untyped(file)), badArgument(/the name of a file/));
});

test('ModelCheckpoint › the net of each checkpoint, in files of their own', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([3, 4, 1], options);
  const weights: number[][] = [];
  const watch: Callback = { onCheckpoint: () => void weights.push(weightsOf(net)) };
  const each = new ModelCheckpoint({ file: ({ epoch }) => `${folder}/models/epoch-${epoch}.safetensors` });
  const newest = new ModelCheckpoint({ file: `${folder}/newest.safetensors` });
  await net.train(reader(), { callbacks: [each, watch, newest] });
  t.deepEqual(
    (await readdir(`${folder}/models`)).sort(),
    [1, 2, 3, 4].map((epoch) => `epoch-${epoch}.safetensors`),
  );
  for (const epoch of [1, 2, 3, 4]) {
    t.deepEqual(weightsOf(await NeuralNet.load(`${folder}/models/epoch-${epoch}.safetensors`)), weights[epoch - 1]);
  }
  t.deepEqual(weightsOf(await NeuralNet.load(`${folder}/newest.safetensors`)), weightsOf(net));
});

test('ModelCheckpoint › saveBestOnly', async (t) => {
  const folder = await temporaryFolder(t);
  const noisy = fittingReader(40, 3, 5);
  noisy.generateValidationSet(4);
  const saved: CheckpointRecord[] = [];
  const file = `${folder}/best.safetensors`;
  const best = new ModelCheckpoint({
    file: (record) => {
      saved.push(record);
      return file;
    },
    saveBestOnly: true,
  });
  const worst = new ModelCheckpoint({
    file: `${folder}/worst.safetensors`,
    saveBestOnly: true,
    monitor: 'lossTrain',
    mode: 'max',
  });
  const net = fittingNet([3, 32, 1], { learningRate: 0.3, maxEpoch: 60, batchSize: 5, seed: 3 });
  const weights: number[][] = [];
  const watch: Callback = { onCheckpoint: () => void weights.push(weightsOf(net)) };
  const history = await net.train(noisy, { callbacks: [best, worst, watch], restoreBest: true });
  t.is(saved.at(-1), history.best);
  t.true(saved.length < history.records.length);
  t.deepEqual(weightsOf(await NeuralNet.load(file)), weightsOf(net));
  const losses = history.records.map(({ lossTrain }) => lossTrain);
  const highest = losses.indexOf(Math.max(...losses));
  t.deepEqual(weightsOf(await NeuralNet.load(`${folder}/worst.safetensors`)), weights[highest]);
});

test('ModelCheckpoint › a run that is resumed remembers which was the best', async (t) => {
  const folder = await temporaryFolder(t);
  const run = `${folder}/run.safetensors`;
  const xTrain = rowsOfNumbers(20, 3);
  const saved: number[] = [];
  const make = () =>
    new ModelCheckpoint({
      file: ({ iteration }) => {
        saved.push(iteration);
        return `${folder}/best.safetensors`;
      },
      saveBestOnly: true,
      monitor: 'lossTrain',
      mode: 'max',
    });
  const train = () => {
    const made = fittingReader(20, 3);
    t.deepEqual(made.yTrain.data, labelsFor(xTrain).data);
    return made;
  };
  const files = { checkpointFile: run, checkpointEvery: 0.01 };
  const kill: Callback = {
    onCheckpoint({ records }) {
      if (records.length === 3) throw new Error('killed');
    },
  };
  await t.throwsAsync(fittingNet([3, 1], options).train(train(), { ...files, callbacks: [make(), kill] }));
  await (await NeuralNet.resume(run)).train(train(), { ...files, callbacks: [make()] });
  t.deepEqual(saved, [5]); // the loss falls from there
});

test('ModelCheckpoint › bad options, names and files', async (t) => {
  for (const [bad, message] of [
    [undefined, /^Expected an object for options/],
    [{}, /^Expected the name of a file, or a function that returns it for file but received undefined$/],
    [{ file: '' }, /for file but received ''$/],
    [{ file: 'net.onnx' }, /^Expected a name that ends in \.safetensors.* for file but received 'net\.onnx'/],
    [{ file: 'a', saveBestOnly: 'yes' }, /^Expected true or false for saveBestOnly but received 'yes'$/],
    [{ file: 'a', save_best_only: true }, /'save_best_only'; did you mean 'saveBestOnly'\?$/],
    [{ file: 'a', monitor: 5 }, /for monitor but received 5$/],
  ] as const) {
    t.throws(() => new ModelCheckpoint(untyped(bad)), badArgument(message));
  }
  const run = (file: unknown) => {
    const callbacks = [new ModelCheckpoint({ file: () => untyped(file) })];
    return fittingNet([3, 1], options).train(reader(), { callbacks });
  };
  await t.throwsAsync(run(undefined), badArgument(/the name of a file/));
  await t.throwsAsync(run('net.h5'), badArgument(/\.safetensors/));
  await t.throwsAsync(run('/proc/net.safetensors'), badFile(/^Expected a writable file/));
});
