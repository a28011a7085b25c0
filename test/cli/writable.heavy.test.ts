import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { blasnet, houses } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

test('train › a place for charts is not needed where there are none', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'houses.csv', await houses(100));
  await mkdir(join(folder, 'model-loss.svg'));
  const args = ['train', 'houses.csv', '-l', 'price', '--ignore', 'id', 'date', '-e', '1', '-q'];
  t.regex((await blasnet(folder, args)).errors, /^blasnet: Expected a writable file at 'model-loss.svg'/);
  t.is((await blasnet(folder, [...args, '--no-charts'])).code, 0);
});

test('train › the checkpoint and the model are two files', async (t) => {
  const { code, errors } = await blasnet('.', [
    'train',
    'x.csv',
    '-l',
    'y',
    '-o',
    'a.onnx',
    '--checkpoint',
    './a.onnx',
  ]);
  t.deepEqual(
    [code, errors],
    [2, "blasnet: --checkpoint and --out: Expected two files but received 'a.onnx' for both\n"],
  );
});

test('predict and export › what cannot be written is found out before the model is read', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'file', 'text');
  for (const args of [
    ['predict', 'missing.safetensors', 'rows.csv', '-o', 'file/answers.csv'],
    ['export', 'missing.safetensors', 'file/model.onnx'],
  ]) {
    const { code, errors } = await blasnet(folder, args);
    t.is(code, 1);
    t.regex(errors, /^blasnet: Expected a writable file at 'file\//);
  }
});
