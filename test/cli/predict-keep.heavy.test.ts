import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor, writeNpz } from 'blasnet';
import { blasnet, cellsOf } from '../support/command-line.js';
import { write } from '../support/files.js';
import { irisModel } from './keep-runs.js';

test('predict --keep › cells stay as they are, quotes included, and JSON keeps types', async (t) => {
  const { folder } = await irisModel(t);
  const header = 'note,sepal_length,sepal_width,petal_length,petal_width';
  await write(folder, 'noted.csv', `${header}\n"a ""b"", c",5.10,3.5,1.4,0.2\n`);
  const csv = await blasnet(folder, ['predict', 'model.safetensors', 'noted.csv', '--keep', 'note', 'sepal_length']);
  t.true(csv.output.includes('\n"a ""b"", c",5.10,setosa,'), csv.output);
  const rows = [
    { id: 7, sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 },
    { more: null, sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 },
  ];
  const keep = ['predict', 'model.safetensors', '-', '--keep'];
  const json = await blasnet(folder, keep, { input: JSON.stringify(rows) });
  const answers: Record<string, unknown>[] = JSON.parse(json.output);
  t.like(answers, { 0: { ...rows[0], class: 'setosa' }, 1: { ...rows[1], class: 'setosa' } });
  // Columns of all rows, with empty cells where a row has none.
  const asCsv = await blasnet(folder, [...keep, '--format', 'csv'], { input: JSON.stringify(rows) });
  t.deepEqual(
    cellsOf(asCsv.output).map(({ id, more }) => [id, more]),
    [
      ['7', ''],
      ['', ''],
    ],
  );
  // Rows in order have the model's columns.
  const lists = await blasnet(folder, [...keep, '-o', 'answers.json'], { input: '[[5.1, 3.5, 1.4, 0.2]]' });
  t.is(lists.errors, '');
  const [answer] = JSON.parse(await readFile(join(folder, 'answers.json'), 'utf8'));
  t.like(answer, { sepal_length: 5.1, petal_width: 0.2, class: 'setosa' });
});

test('predict --keep › an answer never takes the name of a kept column', async (t) => {
  const { folder } = await irisModel(t);
  const header = 'class,sepal_length,sepal_width,petal_length,petal_width';
  await write(folder, 'classes.csv', `${header}\nrose,5.1,3.5,1.4,0.2\n`);
  const { output } = await blasnet(folder, ['predict', 'model.safetensors', 'classes.csv', '--keep', 'class']);
  t.like(cellsOf(output)[0], { class: 'rose', predicted_class: 'setosa' });
  const json = await blasnet(folder, [
    'predict',
    'model.safetensors',
    'classes.csv',
    '--format',
    'json',
    '--keep',
    'class',
  ]);
  t.like(JSON.parse(json.output), { 0: { class: 'rose', predicted_class: 'setosa' } });
});

test('predict --keep › columns that are not there, and rows without names', async (t) => {
  const { folder } = await irisModel(t);
  const wrong = await blasnet(folder, ['predict', 'model.safetensors', 'iris.csv', '--keep', 'id', '-o', 'new.csv']);
  t.is(wrong.code, 2);
  t.regex(wrong.errors, /^blasnet: --keep: Expected columns of 'iris.csv' \('sepal_length', .*\) but received 'id'\n$/);
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'sum').addLayer(new FullyConnectedLayer(2, 1));
  await net.save(join(folder, 'sum.safetensors'));
  await writeNpz(join(folder, 'rows.npz'), { data: Tensor.from([[1, 2]]) });
  const npz = await blasnet(folder, ['predict', 'sum.safetensors', 'rows.npz', '--keep']);
  t.deepEqual(
    [npz.code, npz.errors],
    [2, "blasnet: --keep is for rows with named columns, which 'rows.npz' does not have\n"],
  );
});
