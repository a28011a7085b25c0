import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DataReader, NeuralNet, type ScalingOptions } from 'blasnet';
import { blasnet, cellsOf, houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { quick } from './data-runs.js';

test('train --scale › by the training rows only, features and labels alike', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(300));
  const columns = ['--columns', 'sqft_living', 'bedrooms'];
  for (const method of ['minMax', 'standard', 'robust'] as const) {
    const more = method === 'minMax' ? [] : ['--scale', method];
    const args = ['train', 'houses.csv', '-l', 'price', ...columns, ...quick, '-q', ...more];
    t.is((await blasnet(folder, args)).errors, '');
    const { preparation } = await NeuralNet.load(join(folder, 'model.safetensors'));
    const train = join(folder, 'houses.csv');
    const expected = async (scaling: ScalingOptions) => {
      const reader = new DataReader({ train, label: 'price', columns: ['sqft_living', 'bedrooms'], split: 5 });
      await reader.readData();
      reader.normalizeX(scaling);
      reader.normalizeY('fitting', 0, scaling);
      return { x: reader.preparation.x, y: reader.preparation.y };
    };
    t.like(preparation, await expected({ method, fitOn: 'train' }), method);
    t.notDeepEqual(preparation!.x, (await expected({ method, fitOn: 'trainAndTest' })).x, method);
  }
  await write(folder, 'config.json', JSON.stringify({ scale: 'Standard' }));
  const { errors } = await blasnet(folder, ['train', 'houses.csv', '-l', 'price', '--config', 'config.json']);
  t.regex(errors, /^blasnet: Expected minMax, standard, robust for scale .*; did you mean 'standard'\?\n$/);
});

test('train --encoding, --decimal, --missing-cells › files from elsewhere', async (t) => {
  const folder = await temporaryFolder(t);
  const lines = Array.from({ length: 40 }, (_, i) => `${['Grün', 'Grän'][i % 2]};${i % 5 ? `${i},5` : '-'};${i}`);
  await write(folder, 'a.csv', Buffer.from(`Farbe;Größe;y\n${lines.join('\n')}\n`, 'latin1'));
  const args = [
    'train',
    'a.csv',
    '-l',
    'y',
    '--categorical',
    'Farbe',
    '--missing',
    'median',
    '--split',
    '0',
    ...quick,
    '-q',
  ];
  t.regex((await blasnet(folder, args)).errors, /UTF-8/);
  const options = ['--encoding', 'latin1', '--decimal', ',', '--missing-cells', '-'];
  t.is((await blasnet(folder, [...args, ...options])).errors, '');
  const { preparation } = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.like(preparation!.columns, {
    0: { name: 'Farbe', categories: ['Grän', 'Grün'] },
    1: { name: 'Größe', decimal: ',', missing: { fill: 20.5 } },
  });
  const predicted = await blasnet(folder, [
    'predict',
    'model.safetensors',
    'a.csv',
    '--encoding',
    'latin1',
    '--keep',
    'y',
  ]);
  t.is(predicted.errors, '');
  t.is(cellsOf(predicted.output).length, 40);
});

test('train --unseen zero, predict --unseen zero › names that no training row had', async (t) => {
  const folder = await temporaryFolder(t);
  const csv = (names: readonly string[]) =>
    `colour,x,y\n${Array.from({ length: 40 }, (_, i) => `${names[i % names.length]},${i},${i}`).join('\n')}\n`;
  await write(folder, 'a.csv', csv(['red', 'green']));
  await write(folder, 'b.csv', csv(['red', 'blue']));
  const args = ['train', 'a.csv', '-l', 'y', '--categorical', 'colour', '--test', 'b.csv', ...quick, '-q'];
  const refused = await blasnet(folder, args);
  t.regex(refused.errors, /^ {2}colour: .*'blue'\n {4}use --unseen zero/m);
  t.is((await blasnet(folder, [...args, '--unseen', 'zero'])).errors, '');

  t.is(
    (
      await blasnet(
        folder,
        args.filter((word) => word !== '--test' && word !== 'b.csv'),
      )
    ).errors,
    '',
  );
  const predict = ['predict', 'model.safetensors', 'b.csv', '-o', 'answers.csv'];
  t.regex((await blasnet(folder, predict)).errors, /column 'colour' in 'b.csv' but received 'blue'/);
  t.is((await blasnet(folder, [...predict, '--unseen', 'zero'])).errors, '');
  t.is(cellsOf(await readFile(join(folder, 'answers.csv'), 'utf8')).length, 40);
});

test('predict › booleans, nulls and absent keys', async (t) => {
  const folder = await temporaryFolder(t);
  const lines = Array.from({ length: 60 }, (_, i) => `${i % 2},${['True', 'False'][i % 2]},${i % 6 ? i : ''},${i}`);
  await write(folder, 'a.csv', `flag,open,age,y\n${lines.join('\n')}\n`);
  const args = ['train', 'a.csv', '-l', 'y', '--categorical', 'open', '--missing', 'age=median', ...quick, '-q'];
  t.is((await blasnet(folder, args)).errors, '');
  const rows = [
    { flag: true, open: false, age: null },
    { flag: '1', open: 'False', age: '' },
    { flag: 1, open: 'False' },
  ];
  const { output, errors } = await blasnet(folder, ['predict', 'model.safetensors', '-'], {
    input: JSON.stringify(rows),
  });
  t.is(errors, '');
  const [first, second, third] = JSON.parse(output).map(({ prediction }: { prediction: number }) => prediction);
  t.deepEqual([first, second], [third, third]);
  const absent = await blasnet(folder, ['predict', 'model.safetensors', '-'], { input: '[{"open": true, "age": 3}]' });
  t.regex(
    absent.errors,
    /^blasnet: Expected a cell for row 1, column 'flag' in the standard input but received undefined/,
  );
});

test('train › a column without a name that counts the rows is left out, with a line that says so', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'a.csv', `,x,y\n${Array.from({ length: 40 }, (_, i) => `${i},${i * 2},${i * 3}`).join('\n')}\n`);
  const { code, errors } = await blasnet(folder, ['train', 'a.csv', '-l', 'y', ...quick, '-q']);
  t.is(code, 0);
  t.regex(errors, /^blasnet: A column of 'a.csv' has no name and counts the rows from 0: .*\n$/);
  t.deepEqual((await NeuralNet.load(join(folder, 'model.safetensors'))).preparation!.featureNames, ['x']);
});
