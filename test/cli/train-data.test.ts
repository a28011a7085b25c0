import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet, houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';
import { quick } from './data-runs.js';

test('train --date › parts of dates, by options and by config, travel to predict', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(200));
  const args = ['train', 'houses.csv', '-l', 'price', '--columns', 'date', 'bedrooms', ...quick, '-q'];
  const names = async () => (await NeuralNet.load(join(folder, 'model.safetensors'))).preparation!.featureNames;
  t.is((await blasnet(folder, [...args, '--date', 'date=year,month,weekdayCycle'])).errors, '');
  const expected = ['date.year', 'date.month', 'date.weekday.sin', 'date.weekday.cos', 'bedrooms'];
  t.deepEqual(await names(), expected);
  const rows = [{ date: '2015-04-01', bedrooms: 3 }];
  const answer = await blasnet(folder, ['predict', 'model.safetensors', '-'], { input: JSON.stringify(rows) });
  t.is(answer.errors, '');
  const net = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.is(Math.fround(JSON.parse(answer.output)[0].prediction), (await net.predict(rows)).outputs.data[0]!);

  await write(folder, 'config.json', JSON.stringify({ reader: { dates: { date: ['year', 'monthCycle'] } } }));
  t.is((await blasnet(folder, [...args, '--config', 'config.json'])).errors, '');
  t.deepEqual(await names(), ['date.year', 'date.month.sin', 'date.month.cos', 'bedrooms']);
  t.is((await blasnet(folder, [...args, '--date', 'date'])).errors, '');
  t.deepEqual(await names(), ['date.year', 'date.month', 'date.day', 'date.weekday', 'bedrooms']);

  const wrong = await blasnet(folder, [...args, '--date', 'date=years']);
  t.is(wrong.code, 2);
  t.regex(wrong.errors, /^blasnet: --date: Expected year, month, .*; did you mean 'year'\?; --help tells more\n$/);
  const format = await blasnet(folder, [...args, '--date-format', 'date=YYYYMMDD']);
  t.regex(format.errors, /--date-format: Expected a column that --date names but received 'date'/);
});

test('train --split, --validation › shares beside whole numbers', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(500));
  const rows = async (...more: string[]) => {
    const args = ['train', 'houses.csv', '-l', 'price', '--ignore', 'id', 'date', ...quick, '--json', ...more];
    const { output, errors } = await blasnet(folder, args);
    return errors === '' ? JSON.parse(output).rows : errors;
  };
  t.deepEqual(await rows(), { train: 360, validation: 40, test: 100 });
  t.deepEqual(await rows('--split', '0.2', '--validation', '0.1'), { train: 360, validation: 40, test: 100 });
  t.deepEqual(await rows('--split', '0.3', '--validation', '0.5'), { train: 175, validation: 175, test: 150 });
  t.deepEqual(await rows('--split', '2', '--validation', '0'), { train: 250, validation: 0, test: 250 });
  t.deepEqual(await rows('--split', '0', '--validation', '5'), { train: 400, validation: 100, test: 0 });
  await write(folder, 'config.json', JSON.stringify({ reader: { split: 0.3 }, validation: 0.5 }));
  t.deepEqual(await rows('--config', 'config.json'), { train: 175, validation: 175, test: 150 });
  await write(folder, 'config.json', JSON.stringify({ validation: 1.5 }));
  t.regex(
    await rows('--config', 'config.json'),
    /^blasnet: Expected a share above 0 .* for validation in .* received 1.5/,
  );
});
