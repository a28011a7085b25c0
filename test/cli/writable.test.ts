import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

test('train › what cannot be written is found out before the data is read', async (t) => {
  const folder = await temporaryFolder(t);
  await write(folder, 'file', 'text');
  await mkdir(join(folder, 'model.onnx'));
  for (const [options, path] of [
    [['--out', 'file/model.safetensors'], 'file/model.safetensors'],
    [['--out', 'model.onnx'], 'model.onnx'],
    [['--charts', 'file'], 'file/model-loss.svg'],
    [['--checkpoint', 'file/run'], 'file/run'],
  ] as const) {
    const { code, output, errors } = await blasnet(folder, ['train', 'missing.csv', '-l', 'price', ...options]);
    t.deepEqual([code, output], [1, '']);
    t.true(errors.startsWith(`blasnet: Expected a writable file at '${path}' but received `), errors);
  }
  t.is(await readFile(join(folder, 'file'), 'utf8'), 'text');
  t.deepEqual((await readdir(folder)).sort(), ['file', 'model.onnx']);
});
