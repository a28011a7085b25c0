import { existsSync } from 'node:fs';
import { chmod, copyFile, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { type DataReader, NeuralNet, Tensor, type TrainOptions } from 'blasnet';
import { contentOf, sameCheckpoints } from '../support/checkpoints.js';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { classifier, fittingNet, fittingReader, rowsOfNumbers, weightsOf } from '../support/nets.js';

const net = () => fittingNet([3, 4, 1], { maxEpoch: 6, batchSize: 16, optimizer: 'adam' });

/** Trains with a file after each of six epochs, the last of which ends the run. */
async function trained(file: string, options: TrainOptions = {}): Promise<NeuralNet> {
  const all = net();
  await all.train(fittingReader(40, 3), { checkpointFile: file, checkpointEvery: 1, ...options });
  return all;
}

const iterationOf = async (file: string) => (await contentOf(file)).metadata.training.next as number;

test('a checkpoint is a model, too', async (t) => {
  const file = `${await temporaryFolder(t)}/run.safetensors`;
  const original = await trained(file);
  const x = rowsOfNumbers(4, 3);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(loaded.inference(x).data, original.inference(x).data);
  t.deepEqual(loaded.preparation, original.preparation);
  // As a model it is trained anew.
  t.is((await loaded.train(fittingReader(40, 3))).records.length, 6);
});

test('a place where no file can be written is found out before training', async (t) => {
  const trainer = net();
  const before = weightsOf(trainer);
  for (const checkpointFile of ['/dev/null', '/proc/run.safetensors', await temporaryFolder(t)]) {
    const onCheckpoint = () => t.fail('training began');
    const refusal = badFile(/^Expected a writable file at '/);
    await t.throwsAsync(trainer.train(fittingReader(40, 3), { checkpointFile, onCheckpoint }), refusal);
    t.deepEqual(weightsOf(trainer), before);
  }
});

test('the last files are kept under numbers', async (t) => {
  for (const [keepCheckpoints, expected] of [
    [undefined, [18, 15]],
    [1, [18]],
    [4, [18, 15, 12, 9]],
    [9, [18, 15, 12, 9, 6, 3]],
  ] as const) {
    const folder = await temporaryFolder(t);
    const file = `${folder}/run.safetensors`;
    await trained(file, keepCheckpoints === undefined ? {} : { keepCheckpoints });
    const names = (await readdir(folder)).sort();
    t.deepEqual(names, ['run.safetensors', ...expected.slice(1).map((_, i) => `run.safetensors.${i + 1}`)]);
    t.deepEqual(await Promise.all(names.map((name) => iterationOf(`${folder}/${name}`))), [...expected]);
    for (const name of names) t.is((await NeuralNet.resume(`${folder}/${name}`)).name, 'test net');
  }
});

test('files of an earlier run go, those of a resumed one stay', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/run`;
  await trained(file, { keepCheckpoints: 5 });
  await fittingNet([3, 4, 1], { maxEpoch: 1 }).train(fittingReader(40, 3), { checkpointFile: file });
  t.deepEqual(await readdir(folder), ['run']);
  const abort = new AbortController();
  const stopped = trained(file, {
    keepCheckpoints: 3,
    signal: abort.signal,
    onCheckpoint: ({ epoch }) => epoch === 3 && abort.abort(new Error('stop')),
  });
  await t.throwsAsync(stopped);
  t.deepEqual((await readdir(folder)).sort(), ['run', 'run.1', 'run.2']);
  const resumed = await NeuralNet.resume(file);
  await resumed.train(fittingReader(40, 3), { checkpointFile: file, checkpointEvery: 1, keepCheckpoints: 6 });
  t.deepEqual((await readdir(folder)).sort(), ['run', 'run.1', 'run.2', 'run.3', 'run.4', 'run.5']);
});

test('a resumed run that is to keep fewer files removes its older ones, and no other files', async (t) => {
  for (const [keepCheckpoints, expected] of [
    [2, ['run', 'run.1']],
    [1, ['run']],
    [undefined, ['run', 'run.1']],
  ] as const) {
    const folder = await temporaryFolder(t);
    const file = `${folder}/run`;
    await trained(file, { keepCheckpoints: 5 });
    // The same course, another net; a file that is no checkpoint; a name that no run gives.
    await fittingNet([3, 5, 1], { maxEpoch: 6, batchSize: 16, optimizer: 'adam' }).train(fittingReader(40, 3), {
      checkpointFile: `${folder}/run.7`,
      keepCheckpoints: 1,
    });
    await writeFile(`${folder}/run.9`, 'torn');
    await copyFile(file, `${folder}/run.04`);
    const others = ['run.04', 'run.7', 'run.9'];
    t.deepEqual((await readdir(folder)).sort(), ['run', 'run.1', 'run.2', 'run.3', 'run.4', ...others].sort());
    const resumed = await NeuralNet.resume(file, { maxEpoch: 8 });
    const options = { checkpointFile: file, checkpointEvery: 1 };
    await resumed.train(fittingReader(40, 3), { ...options, ...(keepCheckpoints && { keepCheckpoints }) });
    t.deepEqual((await readdir(folder)).sort(), [...expected, ...others].sort());
    t.is(await iterationOf(file), 24);
    if (expected.length > 1) t.is(await iterationOf(`${file}.1`), 21);
  }
});

test('checkpointEvery counts epochs', async (t) => {
  for (const [checkpointEvery, checkpoint, expected] of [
    [2, 1, [18, 12, 6]],
    [1.5, 0.5, [18, 16, 10, 5]],
    [100, 1, [18]],
  ] as const) {
    const folder = await temporaryFolder(t);
    await trained(`${folder}/run`, { checkpointEvery, checkpoint, keepCheckpoints: 20 });
    const names = (await readdir(folder)).sort();
    const iterations = await Promise.all(names.map((name) => iterationOf(`${folder}/${name}`)));
    t.true(
      iterations.every((next, i) => i === 0 || next < iterations[i - 1]!),
      `${iterations}`,
    );
    if (checkpoint === 1) t.deepEqual(iterations, [...expected]);
    else
      t.true(
        iterations.slice(1).every((next, i) => i === 0 || iterations[i]! - next >= 4),
        `${iterations}`,
      );
  }
});

test('by default files are written as time permits, the first and the last ones always', async (t) => {
  const folder = await temporaryFolder(t);
  const all = fittingNet([3, 4, 1], { maxEpoch: 2000, batchSize: 40 });
  await all.train(fittingReader(40, 3), { checkpointFile: `${folder}/run`, keepCheckpoints: 1000 });
  const names = await readdir(folder);
  t.true(names.length >= 2 && names.length < 20, `${names.length} files`);
  t.is(await iterationOf(`${folder}/run`), 2000);
  t.is(await iterationOf(`${folder}/run.${names.length - 1}`), 1);
});

test('permissions stay, links go on pointing at the file', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/run`;
  await writeFile(file, '');
  await chmod(file, 0o640);
  await symlink(file, `${folder}/link`);
  await trained(`${folder}/link`);
  t.deepEqual((await readdir(folder)).sort(), ['link', 'run', 'run.1']);
  t.is((await stat(file)).mode & 0o777, 0o640);
  t.is(await iterationOf(`${folder}/link`), 18);
  await writeFile(file, 'torn');
  t.is(await warned(t, `${folder}/link`, new RegExp(`going on from '${file}.1'`)), 18);
});

process.removeAllListeners('warning'); // these tests make many; they are not for the terminal

/** Resumes and asserts the warning; returns the iteration of the first checkpoint after that. */
async function warned(t: ExecutionContext, file: string, message: RegExp): Promise<number> {
  const warnings: string[] = [];
  const listener = (warning: Error) => warnings.push(warning.message);
  process.on('warning', listener);
  const resumed = await NeuralNet.resume(file);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listener);
  t.is(warnings.filter((text) => message.test(text)).length, 1, warnings.join());
  const iterations: number[] = [];
  await resumed.train(fittingReader(40, 3), { onCheckpoint: ({ iteration }) => iterations.push(iteration) });
  return iterations[0]!;
}

test('a newest file torn anywhere: the one before it does', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/run`;
  await trained(file);
  const [whole, previous] = [await readFile(file), await readFile(`${file}.1`)];
  const headerEnd = 8 + Number(whole.readBigUInt64LE());
  const lengths = [0, 1, 7, 8, 9, headerEnd - 1, headerEnd, headerEnd + 1, whole.length - 1];
  for (let length = 10; length < whole.length; length += 97) lengths.push(length);
  const torn = lengths.map((length) => whole.subarray(0, length));
  // Blocks that never reached the disk.
  for (let at = 0; at < whole.length; at += 512)
    torn.push(
      Buffer.concat([whole.subarray(0, at), Buffer.alloc(Math.min(512, whole.length - at)), whole.subarray(at + 512)]),
    );
  torn.push(Buffer.concat([whole, Buffer.alloc(1)]), Buffer.alloc(whole.length));
  for (const [i, bytes] of torn.entries()) {
    if (bytes.equals(whole)) continue; // zeros anyway
    await writeFile(file, bytes);
    const resumed = await NeuralNet.resume(file);
    const x = rowsOfNumbers(4, 3);
    await writeFile(`${folder}/previous`, previous);
    t.deepEqual(resumed.inference(x).data, (await NeuralNet.load(`${folder}/previous`)).inference(x).data, `${i}`);
  }
  await writeFile(file, whole.subarray(0, 100));
  await writeFile(`${file}.1`, previous.subarray(0, 200));
  await t.throwsAsync(NeuralNet.resume(file), badFile(/a header of \d+ bytes in '.*run' but received/));
});

test('a newest file that is missing', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  await trained(file);
  await rename(file, `${file}.gone`);
  const message = new RegExp(`a readable safetensors file at '${file}' .*ENOENT.*; going on from '${file}.1'`);
  t.is(await warned(t, file, message), 18);
});

test('resumed from an older file it ends in the same bits', async (t) => {
  const folder = await temporaryFolder(t);
  const [whole, parts] = [`${folder}/whole`, `${folder}/parts`];
  await trained(whole);
  await trained(parts);
  await writeFile(parts, (await readFile(parts)).subarray(0, 300));
  const resumed = await NeuralNet.resume(parts);
  await resumed.train(fittingReader(40, 3), { checkpointFile: parts, checkpointEvery: 1 });
  await sameCheckpoints(t, parts, whole);
});

test('what is no checkpoint', async (t) => {
  const file = `${await temporaryFolder(t)}/x`;
  await t.throwsAsync(NeuralNet.resume(file), badFile(/a readable safetensors file at '.*x'/));
  await t.throwsAsync(NeuralNet.resume(untyped(undefined)), badArgument(/the name of a file/));
  await classifier(2, 3).save(file);
  await t.throwsAsync(NeuralNet.resume(file), badFile(/a checkpoint of training in '.*x' but received a net alone/));
});

test('a file that cannot be written ends the run, and the net keeps its weights', async (t) => {
  const folder = await temporaryFolder(t);
  const all = net();
  let checkpoints = 0;
  const onCheckpoint = () => {
    checkpoints++;
  };
  await writeFile(`${folder}/plain`, '');
  await t.throwsAsync(
    all.train(fittingReader(40, 3), { checkpointFile: `${folder}/plain/run`, onCheckpoint }),
    badFile(/a writable file at '.*plain.run' but received ENOTDIR/),
  );
  t.is(checkpoints, 0);
  t.true(all.inference(rowsOfNumbers(4, 3)).data.every(Number.isFinite));
  await t.throwsAsync(all.train(fittingReader(40, 3), { checkpointFile: folder }), badFile(/received a folder/));
});

test('a missing folder is made before training begins', async (t) => {
  const folder = await temporaryFolder(t);
  const stop = new AbortController();
  const existed: boolean[] = [];
  await t.throwsAsync(
    net().train(fittingReader(40, 3), {
      checkpointFile: `${folder}/new/folder/run`,
      signal: stop.signal,
      onCheckpoint: () => {
        existed.push(existsSync(`${folder}/new/folder`));
        stop.abort(new Error('enough'));
      },
    }),
    { message: 'enough' },
  );
  t.deepEqual(existed, [true]);
});

test('bad options', async (t) => {
  const bad: [TrainOptions, RegExp][] = [
    [{ checkpointFile: '' }, /the name of a file for checkpointFile/],
    [untyped({ checkpointFile: 3 }), /the name of a file for checkpointFile/],
    [{ checkpointEvery: 1 }, /a checkpointFile beside it for checkpointEvery/],
    [{ keepCheckpoints: 1 }, /a checkpointFile beside it for keepCheckpoints/],
    [{ checkpointFile: 'x', checkpointEvery: 0 }, /checkpointEvery/],
    [{ checkpointFile: 'x', checkpointEvery: Number.NaN }, /checkpointEvery/],
    [{ checkpointFile: 'x', keepCheckpoints: 0 }, /keepCheckpoints/],
    [{ checkpointFile: 'x', keepCheckpoints: 1.5 }, /keepCheckpoints/],
  ];
  for (const [options, message] of bad) {
    await t.throwsAsync(net().train(fittingReader(40, 3), options), badArgument(message));
  }
});

test('other data or options than those of the checkpoint', async (t) => {
  const file = `${await temporaryFolder(t)}/run`;
  const normalised = () => {
    const reader = fittingReader(40, 3);
    reader.normalizeX();
    reader.generateValidationSet(4);
    return reader;
  };
  const abort = new AbortController();
  await t.throwsAsync(
    net().train(normalised(), {
      checkpointFile: file,
      checkpointEvery: 1,
      signal: abort.signal,
      onCheckpoint: () => abort.abort(new Error('stop')),
    }),
  );
  const readers: [() => DataReader, TrainOptions, RegExp][] = [
    [() => fittingReader(40, 3), {}, /30, as in the checkpoint, for the training set's rows but received 40/],
    [
      () => {
        const reader = fittingReader(40, 3, 2);
        reader.normalizeX();
        reader.generateValidationSet(4);
        return reader;
      },
      {},
      /that of the checkpoint for the reader's preparation .* but received 'another'/,
    ],
    [
      () => {
        const reader = fittingReader(30, 3);
        reader.normalizeX();
        return reader;
      },
      {},
      /10, as in the checkpoint, for the validation set's rows but received 0/,
    ],
    [normalised, { checkpoint: 2 }, /1, as in the checkpoint, for checkpoint but received 2/],
    [normalised, { shuffle: false }, /true, as in the checkpoint, for shuffle but received false/],
  ];
  const resumed = await NeuralNet.resume(file);
  for (const [reader, options, message] of readers) {
    await t.throwsAsync(resumed.train(reader(), options), badArgument(message));
  }
  t.is((await resumed.train(normalised(), { checkpoint: 1, shuffle: true })).records.length, 6);
});

test('what changes a resumed net makes its next train a new run', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/run`;
  const abort = new AbortController();
  const interrupted = net();
  await t.throwsAsync(
    interrupted.train(fittingReader(40, 3), {
      checkpointFile: file,
      checkpointEvery: 1,
      signal: abort.signal,
      onCheckpoint: ({ epoch }) => epoch === 2 && abort.abort(new Error('stop')),
    }),
  );
  await interrupted.saveWeights(folder);
  const changes: ((resumed: NeuralNet) => unknown)[] = [
    (resumed) => resumed.trainOnBatch(rowsOfNumbers(2, 3), Tensor.zeros([2, 1])),
    (resumed) => resumed.loadWeights(folder),
    (resumed) => resumed.loadInitialValues(folder),
    (resumed) => resumed.restoreBest(),
    (resumed) => resumed.forward(rowsOfNumbers(2, 3)),
    (resumed) => {
      resumed.forward(rowsOfNumbers(2, 3));
      resumed.backward(Tensor.zeros([2, 1]));
      resumed.updateWeights();
    },
  ];
  for (const change of changes) {
    const resumed = await NeuralNet.resume(file);
    await change(resumed);
    t.is((await resumed.train(fittingReader(40, 3))).records.length, 6, `${change}`);
  }
  const resumed = await NeuralNet.resume(file);
  t.true((await resumed.showLossHistory({ xCoordinate: 'iteration' })).startsWith('<svg'));
  resumed.inference(rowsOfNumbers(2, 3));
  resumed.forward(rowsOfNumbers(2, 3), false);
  t.is((await resumed.train(fittingReader(40, 3))).records.length, 6);
  t.is((await resumed.train(fittingReader(40, 3))).records[0]!.epoch, 7);
});
