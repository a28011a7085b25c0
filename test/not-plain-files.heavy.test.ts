import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { blasnet } from './support/command-line.js';
import { temporaryFolder, write } from './support/files.js';
import { fittingNet } from './support/nets.js';

test('the command line refuses pipes as well', async (t) => {
  const folder = await temporaryFolder(t);
  const pipe = join(folder, 'pipe');
  await fittingNet([2, 1]).save(join(folder, 'model.safetensors'));
  await write(folder, 'data.csv', 'a,b\n1,2\n3,4\n');
  execFileSync('mkfifo', [pipe]);
  const commands: readonly (readonly string[])[] = [
    ['predict', 'model.safetensors', pipe, '--format', 'csv'],
    ['predict', 'model.safetensors', `${pipe}.json`],
    ['predict', pipe, 'data.csv'],
    ['train', `${pipe}.csv`, '--label', 'b', '--out', 'out.safetensors'],
    ['train', 'data.csv', '--config', pipe, '--out', 'out.safetensors'],
    ['inspect', pipe],
    ['export', pipe, 'out.onnx'],
  ];
  for (const ending of ['csv', 'json']) await symlink(pipe, `${pipe}.${ending}`);
  for (const args of commands) {
    const { code, errors } = await blasnet(folder, args);
    t.not(code, 0, args.join(' '));
    t.regex(errors, /pipe(\.json|\.csv)?' but received a pipe/, args.join(' '));
  }
  await rm(pipe);
});
