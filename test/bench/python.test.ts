import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import test from 'ava';
import { root } from '../../bench/root.js';
import { filesIn, messageFor, pythonEnvironment } from '../../bench/support/python.js';

let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blasnet-test-'));
});
test.after.always(() => rm(folder, { recursive: true }));

test('Python is sent the float files of a job that exist, each once', async (t) => {
  const [there, missing, other] = ['a.f32', 'b.f32', 'c.txt'].map((name) => join(folder, name));
  await writeFile(there!, '');
  await writeFile(other!, '');
  t.deepEqual(filesIn({ data: { x: there, y: there }, check: { out: missing }, name: other, rows: [1, 64] }), [there]);
});

test('a trial in Python gets modules, job and files by stdin', async (t) => {
  const [x, y] = [join(folder, 'x.f32'), join(folder, 'y.f32')];
  await writeFile(x, Uint8Array.of(10, 0, 255));
  await writeFile(y, Uint8Array.of(7));
  const program = [
    'import json',
    'import start',
    'from shared import name',
    'print(json.dumps([name, start.kind, start.job["rows"], [list(start.files[start.job[key]]) for key in "yx"]]))',
  ];
  const modules = [
    ['shared', 'name = "é"'],
    ['program', program.join('\n')],
  ] as const;
  const start = await readFile(join(root, 'bench/python/start.py'), 'utf8');
  const child = spawn('python3', ['-c', start], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [output] = await Promise.all([
    text(child.stdout),
    pipeline(messageFor('predict', { x, y, rows: [1] }, modules), child.stdin),
  ]);
  t.deepEqual(JSON.parse(output), ['é', 'predict', [1], [[7], [10, 0, 255]]]);
});

test.serial('a Python that is named by a command chooses its kernels by itself', (t) => {
  const names = ['OPENBLAS_CORETYPE', 'BLASNET_BENCH_PYTHON'] as const;
  const before = names.map((name) => process.env[name]);
  try {
    process.env.OPENBLAS_CORETYPE = 'HASWELL';
    delete process.env.BLASNET_BENCH_PYTHON;
    const own = pythonEnvironment(2);
    t.deepEqual([own.OPENBLAS_CORETYPE, own.OMP_NUM_THREADS, own.PATH], ['HASWELL', '2', process.env.PATH]);
    process.env.BLASNET_BENCH_PYTHON = 'env python3';
    t.is(pythonEnvironment(1).OPENBLAS_CORETYPE, undefined);
  } finally {
    names.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    });
  }
});
