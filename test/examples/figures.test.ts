import test from 'ava';
import { temporaryFolder } from '../support/files.js';
import { runScript } from '../support/processes.js';
import { checkPictures, run, script } from './running.js';

test.serial('iris › three species', async (t) => {
  const { lines, pictures } = await run(t, 'iris');
  t.regex(lines[0]!, /^test accuracy 0\.9\d\d\d on 30 irises$|^test accuracy 1\.0000 on 30 irises$/);
  await checkPictures(t, pictures, ['loss', 'confusion']);
});

test.serial('options that make no sense', async (t) => {
  for (const [options, code, message] of [
    [['house-price', '--epochs', 'many'], 2, /Expected a number ≥ 0 for --epochs but received 'many'/],
    [['curve-fitting', '--epochs', '0.5'], 1, /Expected a whole number above 0 for maxEpoch but received 0\.5/],
    [['regularisation', '--nonsense'], 2, /^Unknown option '--nonsense'/],
    [['no-such-example'], 2, /NAME is one of: .*house-price/],
  ] as const) {
    const ended = await runScript(script, options, { cwd: await temporaryFolder(t) });
    t.is(ended.code, code, options.join(' '));
    t.regex(ended.errors, message);
  }
});
