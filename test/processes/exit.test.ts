import test from 'ava';
import { runScript } from '../support/processes.js';

test.serial('process.exit in mid-training ends with its code', async (t) => {
  const { code, signal, errors } = await runScript('exit.mjs', ['8'], { env: { BLASNET_THREADS: '2' } });
  t.deepEqual({ code, signal, errors }, { code: 3, signal: null, errors: '' });
});

test.serial('an exception that nobody catches ends the process as it should', async (t) => {
  const { code, signal, errors } = await runScript('throw.mjs');
  t.is(signal, null);
  t.is(code, 1);
  t.regex(errors, /nobody catches this/);
});

test.serial('a run that nobody waits for is finished before the process ends', async (t) => {
  const { code, signal, output } = await runScript('natural-end.mjs');
  t.deepEqual(
    { code, signal, output },
    { code: 0, signal: null, output: 'end of the script\niterations 1280\nexit\n' },
  );
});
