import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

type Count = (output: string, exitCode: number) => { passed: number; failed: number };
const { countAva, countDoctest }: Record<'countAva' | 'countDoctest', Count> = await import(
  pathToFileURL(resolve('scripts/counts.mjs')).href
);

test('doctest: the summary line, in colour or not', (t) => {
  const plain =
    '[doctest] test cases: 12 | 10 passed | 2 failed | 3 skipped\n[doctest] assertions: 40 | 38 passed | 2 failed |\n';
  t.deepEqual(countDoctest(plain, 1), { passed: 10, failed: 2 });
  const coloured = '[doctest] test cases: 2 | \u001b[32m2 passed\u001b[0m | 0 failed | 0 skipped\n';
  t.deepEqual(countDoctest(coloured, 0), { passed: 2, failed: 0 });
});

test('doctest: a crash and a run without tests are failures', (t) => {
  t.deepEqual(countDoctest('[doctest] run with "--help"\n', 139), { passed: 0, failed: 1 });
  t.deepEqual(countDoctest('[doctest] test cases: 0 | 0 passed | 0 failed | 5 skipped\n', 0), { passed: 0, failed: 1 });
  t.deepEqual(countDoctest('[doctest] test cases: 3 | 3 passed | 0 failed | 0 skipped\n', 66), {
    passed: 3,
    failed: 1,
  });
});

test('ava: the summary where all passed', (t) => {
  t.deepEqual(countAva('  ✔ a\n  ✔ b › c (12ms)\n  ─\n\n  2 tests passed\n  1 test skipped\n', 0), {
    passed: 2,
    failed: 0,
  });
});

test('ava: failures, pending tests and files that ended early', (t) => {
  const output = [
    '  ✘ [fail]: bad › c',
    '  ✔ bad › d',
    '  ✘ build/dev/test/exits.test.js exited with a non-zero exit code: 3',
    '  ✘ No tests found in build/dev/test/none.test.js, make sure to import "ava" at the top of your test file',
    '  ✘ 4 tests remaining in build/dev/test/early.test.js',
    '  1 test failed',
    '  2 uncaught exceptions',
    '  3 tests remained pending after a timeout',
  ].join('\n');
  t.deepEqual(countAva(output, 1), { passed: 1, failed: 12 });
});

test('ava: an exit code that no line explains is one failure', (t) => {
  t.deepEqual(countAva('  5 tests passed\n', 1), { passed: 5, failed: 1 });
  t.deepEqual(countAva('', 0), { passed: 0, failed: 1 });
});
