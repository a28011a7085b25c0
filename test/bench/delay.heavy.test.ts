import test from 'ava';
import { contender } from '../../bench/contenders/blasnet.js';
import { measureDelay } from '../../bench/delay.js';
import { temporaryFolder } from '../support/files.js';

test.serial('the event loop is measured while training, beside another thread and while idle', async (t) => {
  const folder = await temporaryFolder(t);
  const entrant = {
    module: 'blasnet.js',
    contender,
    name: 'blasnet',
    version: '',
    threads: 1,
    dtype: 'float32',
  } as const;
  const effort = { runs: 1, seconds: 1, budget: 60, quick: true };
  const [loop, answers] = await measureDelay([entrant], { effort, folder, leaveOut: (line) => t.fail(line) });
  const moments = ['while training', 'beside a thread that is not ours', 'while idle'];
  for (const [comparison, figures] of [
    [loop!, ['p99', 'longest']],
    [answers!, ['median', 'p99']],
  ] as const) {
    t.deepEqual(
      comparison.rows.map(({ name }) => name),
      moments.flatMap((moment) => figures.map((figure) => `blasnet: ${figure} ${moment}`)),
    );
    for (const { summary } of comparison.rows) t.true(summary.median > 0 && Number.isFinite(summary.median));
  }
});
