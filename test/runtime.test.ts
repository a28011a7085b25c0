import { readFileSync } from 'node:fs';
import test from 'ava';
import { getThreads, setThreads, versions } from 'blasnet';
import { badArgument, untyped } from './support/errors.js';

test.serial('setThreads › sets what getThreads tells', (t) => {
  const before = getThreads();
  t.teardown(() => setThreads(before));
  for (const threads of [1, 2, 256]) {
    setThreads(threads);
    t.is(getThreads(), threads);
  }
});

test.serial('setThreads › errors change nothing', (t) => {
  const before = getThreads();
  for (const threads of [0, -1, 1.5, 257, Number.NaN, Number.POSITIVE_INFINITY, '2', undefined, null, {}]) {
    t.throws(() => setThreads(untyped(threads)), badArgument(/^Expected a whole number from 1 to 256 for threads but/));
  }
  t.is(getThreads(), before);
});

test('versions', (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  t.is(versions.blasnet, version);
  t.is(versions.node, process.versions.node);
  t.true(versions.physicalCores >= 1);
  for (const name of ['openblas', 'cpu', 'simd'] as const) t.regex(versions[name], /\S/);
  t.true(Object.isFrozen(versions));
});

test('OpenBLAS has kernels for the vector instructions of this CPU, even where it does not know the CPU', (t) => {
  const isOld = !versions.simd.startsWith('AVX') || process.env.OPENBLAS_CORETYPE !== undefined;
  const slow = /\b(Prescott|Core2|Generic) MAX_THREADS/;
  t.is(slow.test(versions.openblas) && !isOld, false, versions.openblas);
});
