import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { NeuralNet } from 'blasnet';
import { contentOf, sameCheckpoints } from '../support/checkpoints.js';
import { badFile } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { fittingNet, fittingReader, rowsOfNumbers } from '../support/nets.js';

const refusal =
  /^ERR_BAD_FILE Expected a writable file at '.*run' but received a checkpoint that another run has written/;

/** A process that trains on a file, and says how far it has come. */
class Training {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(t: ExecutionContext, ...args: readonly string[]) {
    const script = 'test/processes/shared-checkpoint.mjs';
    this.#child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
    t.teardown(() => this.#child.kill('SIGKILL'));
  }

  /** What it says next: 'paused', 'done' or an error. */
  async says(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  goOn(): void {
    this.#child.stdin!.write('\n');
  }
}

/** The state of a run of such a process that had its file for itself. */
async function wholeRun(t: ExecutionContext): Promise<string> {
  const file = `${await temporaryFolder(t)}/whole`;
  t.is(await new Training(t, file).says(), 'done');
  return file;
}

test('a process that hung finds that another has gone on with its run, and leaves the file alone', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/run`;
  const hung = new Training(t, file, '3');
  t.is(await hung.says(), 'paused');
  t.is(await new Training(t, file).says(), 'done');
  const content = await readFile(file);
  hung.goOn();
  t.regex(await hung.says(), refusal);
  t.deepEqual(await readFile(file), content);
  t.deepEqual((await readdir(folder)).sort(), ['run', 'run.1']);
  await sameCheckpoints(t, file, await wholeRun(t));
});

test('a new run by mistake does not replace the checkpoints of one that goes on', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/run`;
  const running = new Training(t, file, '3');
  t.is(await running.says(), 'paused');
  const mistaken = new Training(t, file, '1', 'new');
  t.is(await mistaken.says(), 'paused');
  running.goOn();
  t.is(await running.says(), 'done');
  const content = await readFile(file);
  mistaken.goOn();
  t.regex(await mistaken.says(), refusal);
  t.deepEqual(await readFile(file), content);
  t.deepEqual((await readdir(folder)).sort(), ['run', 'run.1']);
  t.is((await contentOf(`${file}.1`)).metadata.training.next, 6 * 4);
  await sameCheckpoints(t, file, await wholeRun(t));
});

test('two runs that begin at once: the first that writes has the file', async (t) => {
  const folder = await temporaryFolder(t);
  const file = `${folder}/run`;
  const [one, other] = [new Training(t, file, '1'), new Training(t, file, '1')];
  t.deepEqual([await one.says(), await other.says()], ['paused', 'paused']);
  one.goOn();
  t.is(await one.says(), 'done');
  other.goOn();
  t.regex(await other.says(), refusal);
  await sameCheckpoints(t, file, await wholeRun(t));
});

test('a run that ends so keeps its weights, and goes on with a file of its own', async (t) => {
  const folder = await temporaryFolder(t);
  const [file, other] = [`${folder}/run`, `${folder}/other`];
  const make = () => fittingNet([3, 4, 1], { maxEpoch: 6, batchSize: 16 });
  await make().train(fittingReader(40, 3), { checkpointFile: other });
  const net = make();
  const interrupted = net.train(fittingReader(40, 3), {
    checkpointFile: file,
    checkpointEvery: 2,
    onCheckpoint: ({ epoch }) => epoch === 3 && copyFileSync(other, file),
  });
  await t.throwsAsync(
    interrupted,
    badFile(/received a checkpoint that another run has written meanwhile \(each needs a checkpointFile of its own\)$/),
  );
  t.deepEqual(await readFile(file), await readFile(other));
  t.true(net.inference(rowsOfNumbers(4, 3)).data.every(Number.isFinite));
  await net.train(fittingReader(40, 3), { checkpointFile: `${folder}/mine` });
  t.is((await NeuralNet.resume(`${folder}/mine`)).name, 'test net');
});

test('a file that is gone, torn or no checkpoint is replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const [file, model] = [`${folder}/run`, `${folder}/model`];
  await fittingNet([3, 4, 1]).save(model);
  for (const change of [
    () => rmSync(file),
    () => writeFileSync(file, 'torn'),
    () => copyFileSync(model, file),
    () => copyFileSync(`${file}.copy`, file),
  ]) {
    await fittingNet([3, 4, 1], { maxEpoch: 6, batchSize: 16 }).train(fittingReader(40, 3), {
      checkpointFile: file,
      checkpointEvery: 2,
      onCheckpoint: ({ epoch }) => {
        if (epoch !== 3) return;
        copyFileSync(file, `${file}.copy`);
        change();
      },
    });
    t.is((await contentOf(file)).metadata.training.next, 18, `${change}`);
  }
});

test('what processes that were killed had begun to write goes, and nothing else', async (t) => {
  const folder = await temporaryFolder(t);
  const dead = 999_999_999; // more than systems have
  const [gone, mine] = [`run.${dead}-0123abcd.tmp`, `run.${process.pid}-0123abcd.tmp`];
  const others = [
    `run.${process.ppid}-0123abcd.tmp`,
    `other.${dead}-0123abcd.tmp`,
    `run.${dead}-0123abcd`,
    'run.x.tmp',
  ];
  for (const name of [gone, mine, ...others]) await write(folder, name, 'begun');
  const net = fittingNet([3, 4, 1], { maxEpoch: 2, batchSize: 16 });
  await net.train(fittingReader(40, 3), { checkpointFile: `${folder}/run`, keepCheckpoints: 1 });
  t.deepEqual((await readdir(folder)).sort(), ['run', ...others].sort());
});
