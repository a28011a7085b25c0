import type { ExecutionContext } from 'ava';
import { blasnet, irises } from '../support/command-line.js';
import { temporaryFolder, write } from '../support/files.js';

export async function irisModel(t: ExecutionContext): Promise<{ folder: string; csv: string }> {
  const folder = await temporaryFolder(t);
  const csv = await irises();
  await write(folder, 'iris.csv', csv);
  await blasnet(folder, ['train', 'iris.csv', '-l', 'species', '-e', '5', '--no-charts', '-q']);
  return { folder, csv };
}
