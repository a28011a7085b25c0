import { access } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { temporaryFolder } from '../support/files.js';
import { buildMpi, trainOnRanks } from '../support/mpi.js';

/** `BLASNET_TEST_KILLS=50` kills more of them. */
const kills = Number(process.env.BLASNET_TEST_KILLS ?? 6);
const settings = { kind: 'dropout', shards: 4, rows: 2000, maxEpoch: Math.ceil(25 * kills), tells: true };
const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

test.before(buildMpi);

test.serial(`ranks are killed ${kills} times and resume as 1, 2 or 4: the bits of an undisturbed run`, async (t) => {
  const seed = Number(process.env.BLASNET_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.log(`BLASNET_TEST_SEED=${seed}`);
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const folder = await temporaryFolder(t);
  const whole = await trainOnRanks(2, settings);
  const { bits, records } = whole.lines.find((line) => line.bits && line.rank === 0) ?? {};
  t.regex(`${bits}`, /^[0-9a-f]{40}$/, whole.errors);

  const checkpointFile = `${folder}/run`;
  const onFile = async (ranks: number, kill?: { readonly rank: number; readonly after: number }) => {
    let killed: Promise<void> | undefined;
    const run = { ...settings, checkpointFile, checkpointEvery: 1, resume: await exists(checkpointFile) };
    const ended = await trainOnRanks(ranks, run, {
      onOutput: (output) => {
        const pids = [...output.matchAll(/"rank":(\d+),"began":(\d+)/g)].map((match) => match.slice(1).map(Number));
        const pid = pids.find(([rank]) => rank === kill?.rank)?.[1];
        if (!kill || killed || pid === undefined || pids.length < ranks) return;
        killed = pause(kill.after).then(() => void process.kill(pid, 'SIGKILL'));
      },
    });
    await killed?.catch(() => {}); // a run that was over before
    return ended;
  };
  let killed = 0;
  for (let i = 0; i < kills; i++) {
    const ranks = [2, 4, 1][i % 3]!;
    const { code, lines, errors } = await onFile(ranks, {
      rank: Math.floor(random() * ranks),
      after: 50 + 400 * random(),
    });
    if (lines.some((line) => line.bits)) break; // the run was quicker
    killed++;
    t.not(code, 0);
    t.regex(errors, /signal 9|Killed|has ended/);
    if (await exists(checkpointFile)) await NeuralNet.resume(checkpointFile);
  }
  t.log(`${killed} killed`);
  t.true(killed > 0);
  for (const ranks of [4, 1]) {
    const { code, lines, errors } = await onFile(ranks);
    t.is(code, 0, errors);
    for (const line of lines.filter((one) => one.bits)) t.deepEqual([line.bits, line.records], [bits, records]);
    t.is(lines.filter((line) => line.bits).length, ranks);
  }
});
