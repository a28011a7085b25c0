import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { contentOf, sameCheckpoints } from '../support/checkpoints.js';
import { temporaryFolder } from '../support/files.js';

const epochs = '60';
const kills = 20;

/** Numbers from 0 to below 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A process that trains with a checkpoint file, and its lines. */
function start(file: string, threads: number, shell = ''): { child: ChildProcess; lines: AsyncIterator<string> } {
  const command = `${shell} exec "$0" test/processes/checkpoint.mjs "$@"`;
  const child = spawn('sh', ['-c', command, process.execPath, file, epochs, `${threads}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface(child.stdout!)[Symbol.asyncIterator]() };
}

/** Trains to the end; returns the last line, and the milliseconds that training took. */
async function runToEnd(file: string, threads: number, shell?: string) {
  const { child, lines } = start(file, threads, shell);
  const closed = once(child, 'close');
  await lines.next();
  const started = performance.now();
  const { value } = await lines.next();
  await closed;
  return { line: value as string | undefined, milliseconds: performance.now() - started };
}

test.serial(`killed ${kills} times at random moments, it ends in the same bits`, async (t) => {
  const seed = Number(process.env.BLASNET_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.log(`BLASNET_TEST_SEED=${seed}`);
  const random = randomNumbers(seed);
  const folder = await temporaryFolder(t);
  const [whole, file] = [`${folder}/whole`, `${folder}/run`];
  const { line, milliseconds } = await runToEnd(whole, 1);
  t.is(line, 'done');
  const positions: number[] = [];
  for (let i = 0; i < kills; ) {
    const { child, lines } = start(file, 1 + (i % 2));
    const closed = once(child, 'close');
    t.is((await lines.next()).value, 'training');
    const ended = lines.next();
    await Promise.race([ended, pause((random() * milliseconds) / kills)]);
    child.kill('SIGKILL');
    const [, signal] = await closed;
    if (signal === 'SIGKILL') i++;
    const names = (await readdir(folder)).filter((name) => name.startsWith('run'));
    t.true(names.length <= 4, `${names}`); // three that are kept, and one that was being written
    if (!names.includes('run')) continue; // before the first file
    await NeuralNet.resume(file);
    positions.push((await contentOf(file)).metadata.training.next);
    if (signal !== 'SIGKILL') {
      await sameCheckpoints(t, file, whole, 'ended before it was killed');
      for (const name of names) await rm(`${folder}/${name}`);
    }
  }
  t.log(`killed after iterations ${positions.join(', ')}`);
  t.is((await runToEnd(file, 2)).line, 'done');
  await sameCheckpoints(t, file, whole);
});

test.serial('a full disk ends the run with an error; the last file that fitted goes on', async (t) => {
  if (process.platform === 'win32') return t.pass('no ulimit');
  const [folder, other] = [await temporaryFolder(t), await temporaryFolder(t)];
  const [whole, file] = [`${other}/whole`, `${folder}/run`];
  t.is((await runToEnd(whole, 1)).line, 'done');
  const refusal = /^ERR_BAD_FILE Expected a writable file at '.*run' but received E(FBIG|NOSPC)/;

  // Files may not grow beyond so many blocks of 512 bytes: too few for the first one.
  t.regex((await runToEnd(file, 1, 'ulimit -f 100;')).line ?? '', refusal);
  t.deepEqual(await readdir(folder), []);

  // Too few for one in the middle, since each record makes the history longer.
  const { tensors } = await contentOf(whole);
  const bytesOf = (isCounted: (name: string) => boolean) =>
    [...tensors].reduce((sum, [name, { bytes }]) => sum + (isCounted(name) ? bytes.length : 0), 0);
  const history = bytesOf((name) => name === 'training/history');
  const best = bytesOf((name) => !name.includes('/')) - bytesOf((name) => name.startsWith('training/best/'));
  const blocks = Math.floor(((await stat(whole)).size + best - history / 2) / 512);
  t.regex((await runToEnd(file, 1, `ulimit -f ${blocks};`)).line ?? '', refusal);
  t.deepEqual((await readdir(folder)).sort(), ['run', 'run.1', 'run.2']);
  const share = (await contentOf(file)).tensors.get('training/history')!.bytes.length / history;
  t.true(share > 0.2 && share < 1, `${share}`);

  t.is((await runToEnd(file, 1)).line, 'done');
  await sameCheckpoints(t, file, whole);
});
