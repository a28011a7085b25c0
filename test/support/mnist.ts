import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { mnistFiles } from '../../examples/support/mnist-files.js';
import { idx, temporaryFolder, write } from './files.js';

/** A folder with MNIST's files, cut to so many digits. */
export async function cutMnist(t: ExecutionContext, train: number, tests: number): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const path of Object.values(await mnistFiles())) {
    const bytes = await readFile(path);
    const file = path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    const [name, dimensions] = [path.split('/').at(-1)!.replace('.gz', ''), file[3]!];
    const [, ...size] = Array.from({ length: dimensions }, (_, i) => file.readUInt32BE(4 + 4 * i));
    const count = name.startsWith('train') ? train : tests;
    const length = count * size.reduce((product, each) => product * each, 1);
    const start = 4 + 4 * dimensions;
    await write(folder, name, idx([count, ...size], file.subarray(start, start + length)));
  }
  return folder;
}
