import test from 'ava';
import { runScript } from '../support/processes.js';

for (const threads of ['1', '2']) {
  test.serial(`process.exit in mid-training ends with its code, ${threads} thread(s), ten times`, async (t) => {
    for (let i = 0; i < 10; i++) {
      const { code, signal, errors } = await runScript('exit.mjs', [String(4 * i)], {
        env: { BLASNET_THREADS: threads },
      });
      t.deepEqual({ code, signal, errors }, { code: 3, signal: null, errors: '' });
    }
  });
}

test.serial('memory that somebody tries to transfer away in mid-training stays where it is', async (t) => {
  const train = (what: string) => runScript('detached.mjs', [what], { flags: ['--expose-gc'] });
  const undisturbed = await train('nothing');
  t.regex(undisturbed.output, /^\d+\n$/);
  for (const what of ['x', 'weights']) t.deepEqual(await train(what), undisturbed);
});
