import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { twoHosts } from '../support/hosts.js';
import { buildMpi, trainOnRanks } from '../support/mpi.js';

test.before(buildMpi);

const settings = { kind: 'conv', shards: 2 };

test.serial('two hosts end in the bits of one', async (t) => {
  const hosts = await twoHosts(t);
  if (!hosts) return t.pass();
  const alone = await trainOnRanks(1, settings);
  const { code, lines, errors } = await trainOnRanks(2, settings, hosts);
  t.is(code, 0, errors);
  const bits = (all: readonly Record<string, unknown>[]) => all.map((line) => line.bits);
  t.regex(`${bits(alone.lines)[0]}`, /^[0-9a-f]{40}$/);
  t.deepEqual(bits(lines), [...bits(alone.lines), ...bits(alone.lines)]);
});

test.serial('a host that loses its network ends the run on both, with an error that names its rank', async (t) => {
  const hosts = await twoHosts(t);
  if (!hosts) return t.pass();
  let pids: number[] = [];
  let ended: Promise<void> | undefined;
  const stop = (mpirun: ChildProcess) => {
    mpirun.kill('SIGKILL');
    for (const pid of hosts.processes()) process.kill(pid, 'SIGKILL'); // Open MPI's daemon, which cannot know
  };
  const { code, errors } = await trainOnRanks(
    2,
    { ...settings, maxEpoch: 1e6, tells: true, timeoutMs: 2000 },
    {
      ...hosts,
      onOutput: (output, mpirun, told) => {
        const began = [...output.matchAll(/"rank":\d,"began":(\d+)/g)].map((match) => Number(match[1]));
        if (pids.length === 0 && began.length === 2) {
          pids = began;
          hosts.disconnect();
        }
        // Both ranks end by themselves; mpirun would wait for the lost host until TCP gives it up.
        if (/no sign of life/.test(told)) ended ??= allEnded(pids).then(() => stop(mpirun));
      },
    },
  );
  await ended;
  t.is(pids.length, 2);
  t.not(code, 0);
  t.regex(errors, /rank 0 ends all ranks: .*rank 1 has given no sign of life for 2000 ms/);
});

async function allEnded(pids: readonly number[]): Promise<void> {
  for (const pid of pids) while (await isRunning(pid)) await pause(100);
}

/** Whether a process runs: one that has ended may be kept for its parent. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !/\) [ZX]/.test(status);
}
