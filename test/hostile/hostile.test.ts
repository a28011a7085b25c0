// No call of the public API ends with anything but a BlasnetError, whatever it is given. Where an export is new, add its
// valid arguments to core.ts.
import { resolve } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/files.js';
import { runScript } from '../support/processes.js';
import { isQuick } from '../support/tier.js';
import { type Callable, type Walked, walk } from './walk.js';

test('every export of blasnet, with arguments that no caller should give', async (t) => {
  t.timeout(300_000);
  const cwd = await temporaryFolder(t); // for files that calls write
  const script = resolve('build/dev/test/hostile/child.js');
  const part = isQuick ? 5 : 1;
  const { code, output, errors } = await runScript(script, [`${part}`], { cwd, timeout: 280_000 });
  t.is(code, 0, errors);
  const { calls, missing, findings } = JSON.parse(output.slice(output.indexOf('{'))) as Walked;
  t.deepEqual(missing, []);
  t.deepEqual(findings, []);
  t.true(calls > 10_000 / part, `${calls}`);
});

/** A module in which something is wrong. */
class Careless {
  set size(value: { length: number }) {
    value.length;
  }
  method(options: { depth: number }) {
    return options.depth;
  }
  static async make(list: readonly string[]) {
    return list[0]!.length;
  }
  forgotten() {}
}

const careless: Readonly<Record<string, Callable>> = {
  Careless: {
    args: () => [],
    statics: { make: () => [['a']] },
    methods: { method: () => [{ depth: 1 }], size: () => ['size'] },
  },
};

test('the walk itself finds what is wrong, and what its table lacks', async (t) => {
  const { missing, findings } = await walk({ Careless, other: () => {} }, careless);
  t.deepEqual(missing, ['Careless#forgotten', 'other']);
  for (const start of [
    'Careless.make(0.0: undefined): TypeError',
    'Careless.make(0 arguments): TypeError',
    'Careless#method(0: null): TypeError',
    'Careless#size(0: undefined): TypeError',
  ]) {
    t.true(
      findings.some((finding) => finding.startsWith(start)),
      start,
    );
  }
  t.false(findings.some((finding) => finding.includes('(valid arguments)')));
});
