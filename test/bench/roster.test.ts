import test from 'ava';
import type { Family } from '../../bench/contender.js';
import { type Entrant, entrantsInTurns } from '../../bench/roster.js';

const entrant = (name: string, family: Family): Entrant => ({
  module: '',
  contender: { name, family, variants: [], about: async () => '1' },
  name,
  threads: 1,
  dtype: 'float32',
  version: '1',
});
const entrants = [entrant('blasnet', 'blasnet'), entrant('Other', 'JavaScript')];
const effort = { runs: 2, seconds: 1, budget: 60, quick: false };
const works = async (run: number) => run;
const fails = async (): Promise<number> => {
  throw new Error('cannot');
};

test('entrantsInTurns leaves out with a line who fails', async (t) => {
  const lines: string[] = [];
  const bench = { effort, leaveOut: (line: string) => lines.push(line) };
  t.deepEqual(await entrantsInTurns('inference', entrants, [works, fails], bench), [[0, 1], []]);
  t.deepEqual(lines, ['inference: Other is left out: cannot']);
});

test('entrantsInTurns fails where blasnet does', async (t) => {
  const bench = { effort, leaveOut: () => t.fail() };
  await t.throwsAsync(entrantsInTurns('inference', entrants, [fails, works], bench), { message: 'cannot' });
});
