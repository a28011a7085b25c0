// Runs the @example of every docstring in ts/ as a process of its own, against the built package.
import test from 'ava';
import { runScript } from '../support/processes.js';
import { examples, titleOf, writeProgram } from './docstring-programs.js';

for (const example of examples) {
  test.serial(titleOf(example), async (t) => {
    const { folder, script, expectations } = await writeProgram(t, example);
    const { code, output, errors } = await runScript(script, [], { cwd: folder, timeout: 60_000 });
    t.is(code, 0, errors);
    t.is(output.trim().split('\n').at(-1), `${expectations}`);
  });
}
