import test from 'ava';
import { runScript } from '../support/processes.js';
import { sample } from '../support/tier.js';

for (const threads of ['2', '1'].slice(0, sample(2, 2))) {
  test.serial(`two workers that train at once compute the bits of one alone, ${threads} thread(s)`, async (t) => {
    const { code, signal, output, errors } = await runScript('workers.mjs', [], { env: { BLASNET_THREADS: threads } });
    t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' });
    const [a, b, alone] = JSON.parse(output) as [number, number, number];
    t.is(a, alone);
    t.is(b, alone);
  });
}

test.serial('a worker that is terminated in mid-training', async (t) => {
  const { code, signal, output, errors } = await runScript('terminate.mjs');
  t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' });
  t.is(output, `${'ended with 1\n'.repeat(5)}iterations 64\n`);
});
