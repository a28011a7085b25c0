import { readFile, rename } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { type DataReader, type HyperParameterOptions, NeuralNet, type TrainOptions } from 'blasnet';
import { contentOf, sameCheckpoints } from '../support/checkpoints.js';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, rowsOfNumbers, weightsOf } from '../support/nets.js';

process.removeAllListeners('warning'); // these tests make some; they are not for the terminal

/** 43 rows to train on and 10 for validation: six batches of 8 an epoch, the last of 3 rows. */
function reader(): DataReader {
  const made = fittingReader(53, 3);
  made.normalizeX();
  made.normalizeY('fitting');
  made.generateValidationSet(5);
  return made;
}

const net = (options: Partial<HyperParameterOptions>) =>
  fittingNet([3, 6, 1], { batchSize: 8, seed: 3, learningRate: 0.05, optimizer: 'adam', ...options });

interface Lengthening {
  readonly params?: Partial<HyperParameterOptions>;
  readonly options?: TrainOptions;
  /** Epochs of the short run and of the long one. */
  readonly epochs?: readonly [number, number];
}

const both = (file: string, options: TrainOptions = {}) => ({
  checkpointEvery: 0.01,
  ...options,
  checkpointFile: file,
});

/** Asserts that a short run, once lengthened, is a long one to the bit. */
async function lengthens(t: ExecutionContext, { params, options, epochs: [few, many] = [4, 9] }: Lengthening) {
  const folder = await temporaryFolder(t);
  const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
  const long = net({ ...params, maxEpoch: many });
  const history = await long.train(reader(), both(whole, options));
  const short = await net({ ...params, maxEpoch: few }).train(reader(), both(parts, options));
  t.is(short.stopReason, 'maxEpoch');
  const resumed = await NeuralNet.resume(parts, { maxEpoch: many });
  t.is(resumed.params.maxEpoch, many);
  const rest = await resumed.train(reader(), both(parts, options));
  t.deepEqual([...rest.records], [...history.records]);
  t.is(rest.stopReason, history.stopReason);
  t.is(rest.iterations, history.iterations);
  t.deepEqual(weightsOf(resumed), weightsOf(long));
  await sameCheckpoints(t, parts, whole);
  return { short, rest, parts };
}

for (const [name, lengthening] of Object.entries<Lengthening>({
  'momentum and checkpoints within epochs': { params: { optimizer: 'momentum' }, options: { checkpoint: 1 / 3 } },
  'nag without a new order of rows': { params: { optimizer: 'nag' }, options: { shuffle: false } },
  'a cosine, warmed up': {
    params: { learningRateSchedule: { kind: 'cosine', length: 8, warmUp: { length: 2 } } },
  },
  reduceOnPlateau: {
    params: { learningRate: 0.5, learningRateSchedule: { kind: 'reduceOnPlateau', patience: 0, factor: 0.5 } },
  },
  'checkpoints every other epoch': { options: { checkpoint: 2 }, epochs: [4, 7] },
})) {
  test(`a run that maxEpoch has ended, lengthened, is a longer one › ${name}`, async (t) => {
    const { rest } = await lengthens(t, lengthening);
    t.is(rest.stopReason, 'maxEpoch');
  });
}

test('a stop condition remembers what it saw before the first end', async (t) => {
  const stopper = { condition: 'stopDiff', value: 0.02 } as const;
  const { rest } = await lengthens(t, { params: { stopper, learningRate: 0.001 }, epochs: [3, 20] });
  t.is(rest.stopReason, 'stopDiff');
  t.is(rest.records.length, 5); // four small changes, two of them before that end
});

test('earlyStop › goes on from the last weights, where the shorter run ended with the best ones', async (t) => {
  const params = { learningRate: 0.6, regularizer: { method: 'earlyStop', value: 6 } } as const;
  const { short, rest, parts } = await lengthens(t, { params, epochs: [7, 40] });
  const [before, last] = [short.best, short.records.at(-1)!];
  t.true(before.iteration < last.iteration, 'the short run had its lowest loss at its end');
  t.is(rest.stopReason, 'earlyStop');
  t.true(rest.records.length > 7);
  // It has ended for good, and nothing changes that.
  const content = await readFile(parts);
  await t.throwsAsync(
    NeuralNet.resume(parts, { maxEpoch: 41 }),
    badArgument(
      /^Expected 40, as in the checkpoint, for maxEpoch of a run that earlyStop has ended for good but received 41$/,
    ),
  );
  t.deepEqual(await readFile(parts), content);
  t.is((await (await NeuralNet.resume(parts, { maxEpoch: 40 })).train(reader())).stopReason, 'earlyStop');
});

test('restoreBest › goes on from the last weights, where the shorter run ended with the best ones', async (t) => {
  const options = { restoreBest: true };
  const { short, rest, parts } = await lengthens(t, { params: { learningRate: 0.6 }, options, epochs: [7, 12] });
  t.true(short.best.iteration < short.records.at(-1)!.iteration, 'the short run had its lowest loss at its end');
  t.is(rest.stopReason, 'maxEpoch');
  t.is((await contentOf(parts)).metadata.training.restoreBest, true);
});

test('restoreBest › an interrupted run remembers it, and ends to the same bits', async (t) => {
  const folder = await temporaryFolder(t);
  const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
  const run = { learningRate: 0.6, maxEpoch: 12 };
  const long = net(run);
  const history = await long.train(reader(), both(whole, { restoreBest: true }));
  t.true(history.best.iteration < history.records.at(-1)!.iteration);
  const abort = new AbortController();
  const interrupted = net(run).train(reader(), {
    ...both(parts, { restoreBest: true }),
    signal: abort.signal,
    onCheckpoint: ({ epoch }) => epoch === 5 && abort.abort(new Error('stop')),
  });
  await t.throwsAsync(interrupted, { message: 'stop' });
  const resumed = await NeuralNet.resume(parts);
  await resumed.train(reader(), both(parts));
  t.deepEqual(weightsOf(resumed), weightsOf(long));
  await sameCheckpoints(t, parts, whole);
  const without = await NeuralNet.resume(whole);
  await without.train(reader());
  t.deepEqual(weightsOf(without), weightsOf(long));
});

test('earlyStop › without more epochs the net has the best weights', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const params = { maxEpoch: 7, learningRate: 0.6, regularizer: { method: 'earlyStop', value: 6 } } as const;
  const short = net(params);
  const { best, records } = await short.train(reader(), both(file));
  t.true(best!.iteration < records.at(-1)!.iteration);
  t.true((await contentOf(file)).tensors.has('training/last/fc1.W'));
  for (const open of [NeuralNet.load, NeuralNet.resume]) {
    const opened = await open(file);
    t.deepEqual(opened.inference(rowsOfNumbers(5, 3)).data, short.inference(rowsOfNumbers(5, 3)).data);
  }
});

test('a run that was interrupted, and one that is lengthened again and again', async (t) => {
  const folder = await temporaryFolder(t);
  const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
  await net({ maxEpoch: 9 }).train(reader(), both(whole));
  const abort = new AbortController();
  const interrupted = net({ maxEpoch: 4 }).train(reader(), {
    ...both(parts),
    signal: abort.signal,
    onCheckpoint: ({ epoch }) => epoch === 2 && abort.abort(new Error('stop')),
  });
  await t.throwsAsync(interrupted, { message: 'stop' });
  for (const [maxEpoch, records] of [
    [5, 5],
    [5, 5],
    [6, 6],
    [9, 9],
  ] as const) {
    const resumed = await NeuralNet.resume(parts, { maxEpoch });
    t.is((await resumed.train(reader(), both(parts))).records.length, records);
  }
  await sameCheckpoints(t, parts, whole);
});

test('an end between two checkpoints of the longer run: it goes on from the one before', async (t) => {
  const folder = await temporaryFolder(t);
  const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
  const options = { checkpoint: 2 };
  await net({ maxEpoch: 8 }).train(reader(), both(whole, options));
  await net({ maxEpoch: 5 }).train(reader(), both(parts, options));
  const content = await contentOf(parts);
  t.is(content.metadata.training.next, 30);
  const resumed = await NeuralNet.resume(parts, { maxEpoch: 8 });
  const iterations: number[] = [];
  await resumed.train(reader(), {
    ...both(parts, options),
    onCheckpoint: ({ iteration }) => iterations.push(iteration),
  });
  t.deepEqual(iterations, [36, 48]); // from the file after four epochs
  await sameCheckpoints(t, parts, whole);

  await net({ maxEpoch: 5 }).train(reader(), { ...both(parts, options), keepCheckpoints: 1 });
  await t.throwsAsync(
    NeuralNet.resume(parts, { maxEpoch: 8 }),
    badFile(/^Expected a checkpoint that a longer run makes, too, in '.*parts' but received one that only the end/),
  );
  await rename(parts, `${folder}/other`);
  t.is((await (await NeuralNet.resume(`${folder}/other`)).train(reader())).records.length, 3);
});

test('maxEpoch › what it may be', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  await net({ maxEpoch: 4 }).train(reader(), both(file));
  for (const [maxEpoch, message] of [
    [3, /^Expected at least 4, as in the checkpoint, for maxEpoch but received 3$/],
    [4.5, /^Expected a whole number above 0 for maxEpoch but received 4.5$/],
    ['9', /^Expected a whole number above 0 for maxEpoch but received '9'$/],
  ] as const) {
    await t.throwsAsync(NeuralNet.resume(file, { maxEpoch: untyped(maxEpoch) }), badArgument(message));
  }
});
