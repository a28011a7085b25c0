import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NeuralNet } from 'blasnet';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder } from '../support/files.js';
import { advised, quick } from './columns-runs.js';

test('train › house sales as they are: one list of columns, and options that make the command work', async (t) => {
  const folder = await temporaryFolder(t);
  await copyFile('data/house/kc_house_data.csv.gz', join(folder, 'houses.csv.gz'));
  const args = ['train', 'houses.csv.gz', '--label', 'price', ...quick];
  const { code, output, errors } = await blasnet(folder, args);
  t.deepEqual([code, output], [1, '']);
  t.is(
    errors,
    `blasnet: 1 column of 'houses.csv.gz' cannot be read as it is:
  date: Expected a number in line 2 but received '20141013T000000'
    use --date date=year,month, or --ignore date
Add to the command: --date date=year,month
`,
  );
  const mended = await blasnet(folder, [...args, ...advised(errors)]);
  t.deepEqual([mended.code, mended.errors], [0, '']);
  const { preparation } = await NeuralNet.load(join(folder, 'model.safetensors'));
  t.deepEqual(preparation!.featureNames!.slice(0, 3), ['id', 'date.year', 'date.month']);
});
