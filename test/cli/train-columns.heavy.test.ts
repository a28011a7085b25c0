import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet, houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { advised, quick } from './columns-runs.js';

test('train › all problem columns of the census data at once', async (t) => {
  const folder = await temporaryFolder(t);
  await copyFile('data/adult/adult.data.gz', join(folder, 'adult.data.gz'));
  const args = ['train', 'adult.data.gz', '--no-header', '-l', '14', ...quick];
  const { code, errors } = await blasnet(folder, args);
  t.is(code, 1);
  t.regex(errors, /^blasnet: 8 columns of 'adult.data.gz' cannot be read as they are:$/m);
  t.is(
    errors.match(/^Add to the command: .*$/m)![0],
    'Add to the command: --categorical 1 3 5 6 7 8 9 13 --missing 1=category 6=category 13=category',
  );
  const mended = await blasnet(folder, [...args, ...advised(errors)]);
  t.deepEqual([mended.code, mended.errors], [0, '']);
});

test('train › problems of every kind, with names that a shell must not split', async (t) => {
  const folder = await temporaryFolder(t);
  const row = (i: number) => [
    `${i % 7 === 0 ? 'NA' : i}`,
    `house ${i}`,
    `"${['Old Town', 'New Town'][i % 2]}"`,
    `${i},${i % 10}`,
    `${String((i % 28) + 1).padStart(2, '0')}/03/2014`,
    `${i}`,
  ];
  const lines = Array.from({ length: 60 }, (_, i) => row(i).join(';'));
  await write(folder, 'a.csv', `age;name;part of town;size;sold;y\n${lines.join('\n')}\n`);
  const args = ['train', 'a.csv', '-l', 'y', ...quick];
  const { errors } = await blasnet(folder, args);
  t.regex(errors, /^ {2}part of town: .*\n {4}use --categorical 'part of town', or --ignore 'part of town'$/m);
  t.regex(errors, /^ {2}age: .*\n {4}use --missing age=median, or --missing age=drop$/m);
  t.regex(errors, /^ {2}name: .*\n {4}use --ignore name$/m);
  t.regex(errors, /^ {2}size: .*\n {4}use --decimal ,, or --ignore size$/m);
  t.regex(errors, /^ {2}sold: .*\n {4}use --date sold=year,month --date-format sold=DD\/MM\/YYYY, or --ignore sold$/m);
  const mended = await blasnet(folder, [...args, ...advised(errors)]);
  t.deepEqual([mended.code, mended.errors], [0, '']);
});

test('train › categories of which nearly every row has its own are refused with the advice', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(200));
  const args = ['train', 'houses.csv', '-l', 'price', ...quick];
  const { code, errors } = await blasnet(folder, [...args, '--date', 'date', '--categorical', 'id']);
  t.is(code, 1);
  t.regex(errors, /^ {2}id: Expected names that several rows share but received \d+ different ones in 200 rows/m);
  t.regex(errors, /^Add to the command: --ignore id$/m);
  t.is((await blasnet(folder, [...args, '--date', 'date', '--categorical', 'id', ...advised(errors)])).code, 0);
  const named = ['--columns', 'id', 'bedrooms', '--categorical', 'id'];
  const other = await blasnet(folder, [...args, ...named]);
  t.regex(other.errors, /^ {4}use --categorical without id, or --columns without id$/m);
  t.notRegex(other.errors, /Add to the command/);
});

test('train › the advice adds to what a config file says of other columns', async (t) => {
  const folder = await temporaryFolder(t);
  const lines = Array.from(
    { length: 40 },
    (_, i) => `n${i},${['a', 'b'][i % 2]},${i % 9 ? i : ''},${i % 8 ? 'x' : ''},${i}`,
  );
  await write(folder, 'a.csv', `name,kind,age,mark,y\n${lines.join('\n')}\n`);
  const reader = { label: 'y', ignore: ['name'], missing: 'median', categorical: { kind: 'oneHot' } };
  await write(folder, 'config.json', JSON.stringify({ reader }));
  const args = ['train', 'a.csv', '--config', 'config.json', ...quick];
  const { errors } = await blasnet(folder, args);
  t.regex(errors, /^Add to the command: --categorical mark$/m);
  t.is((await blasnet(folder, [...args, ...advised(errors)])).errors, '');
  const { preparation } = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.like(preparation!.columns, { 0: { name: 'kind', encoding: 'oneHot' }, 2: { name: 'mark', encoding: 'oneHot' } });
  t.is((await blasnet(folder, [...args, ...advised(errors), '--ignore', 'age'])).errors, '');
  const { featureNames } = (await NeuralNet.load(join(folder, 'model.safetensors'))).preparation!;
  t.false(featureNames!.includes('age') || featureNames!.includes('name=n1'));
});
