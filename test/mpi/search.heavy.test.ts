import { resolve } from 'node:path';
import test from 'ava';
import { buildMpi, runRanks } from '../support/mpi.js';

test.before(buildMpi);

test.serial('a search on two ranks prints once what it prints on one', async (t) => {
  const words = [resolve('build/dev/examples/run.js'), 'search'];
  const [alone, two] = [await runRanks(1, words), await runRanks(2, words)];
  t.is(alone.code, 0, alone.errors);
  t.is(two.code, 0, two.errors);
  const lines = (text: string) => text.split(/\r?\n/).filter(Boolean);
  t.regex(lines(alone.output).at(-1)!, /^best of 30 nets: learning rate 0\.0[0-9]+, (4|16) units$/);
  t.is(lines(alone.output).length, 7);
  t.deepEqual(lines(two.output), lines(alone.output));
});
