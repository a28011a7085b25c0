import test from 'ava';
import { buildMpi, trainOnRanks } from '../support/mpi.js';

test.before(buildMpi);

for (const stopped of [0, 1]) {
  test.serial(`a rank that hangs ends the run on all, with an error that names it: rank ${stopped}`, async (t) => {
    const settings = { kind: 'dense', maxEpoch: 1e6, tells: true, timeoutMs: 2000 };
    let isStopped = false;
    const { code, errors } = await trainOnRanks(2, settings, {
      onOutput: (output) => {
        const pid = Number(output.match(new RegExp(`"rank":${stopped},"began":(\\d+)`))?.[1]);
        if (isStopped || !(pid > 0)) return;
        isStopped = true;
        process.kill(pid, 'SIGSTOP');
      },
    });
    t.true(isStopped);
    t.not(code, 0);
    t.regex(
      errors,
      new RegExp(`rank ${1 - stopped} ends all ranks: .*rank ${stopped} has given no sign of life for 2000 ms`),
    );
  });
}

test.serial(
  'a rank that computes for longer than the time limit, or whose event loop is busy, is waited for',
  async (t) => {
    const settings = { kind: 'dense', tells: true, timeoutMs: 1000, failing: { rank: 1, place: 'busy' } };
    const { code, lines, errors } = await trainOnRanks(2, settings);
    t.is(code, 0, errors);
    t.is(lines.filter(({ bits }) => bits).length, 2);
  },
);
