import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { blasnet, cellsOf, program } from '../support/command-line.js';
import { write } from '../support/files.js';
import { answersOf, irisModel, rounded } from './predict-runs.js';

test('predict › CSV gives what net.predict gives, in CSV and JSON', async (t) => {
  const { folder, net, csv } = await irisModel(t);
  const expected = answersOf(await net.predict(cellsOf(csv)), ['setosa', 'versicolor', 'virginica']);
  const json = await blasnet(folder, ['predict', 'model.safetensors', 'iris.csv', '--format', 'json']);
  t.deepEqual([json.code, json.errors], [0, '']);
  t.deepEqual(rounded(json.output), expected);

  const { output } = await blasnet(folder, ['predict', 'model.safetensors', 'iris.csv']);
  const rows = cellsOf(output);
  t.is(rows.length, 150);
  for (const [i, { class: name, probabilities }] of expected.entries()) {
    t.is(rows[i]!.class, name);
    for (const [key, value] of Object.entries(probabilities)) t.is(Math.fround(Number(rows[i]![`p(${key})`])), value!);
  }
});

test('predict › a reader that goes away early is no error', async (t) => {
  const { folder } = await irisModel(t);
  await write(folder, 'many.jsonl', '[5, 3, 1, 0]\n'.repeat(100_000));
  const child = spawn(process.execPath, [program, 'predict', 'model.safetensors', 'many.jsonl'], { cwd: folder });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  t.deepEqual(await closed, [0, null]);
  t.is(errors, '');
});
