import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CifarFiles } from 'blasnet';
import { usageError } from './command-line.js';

/** The 22 images of CIFAR-10 that the tests use: 20 to train on, 2 for the test. */
export function cifarExcerpt(): CifarFiles {
  const file = (name: string) => fileURLToPath(new URL(`../../../../test/fixtures/cifar/${name}`, import.meta.url));
  return { train: file('train.bin'), test: file('test.bin'), classNames: file('batches.meta.txt') };
}

/**
 * CIFAR-10's binary files in a folder: as many as there are of `data_batch_1.bin` and so on, and `test_batch.bin`; their
 * names may go on before the `.bin`.
 */
export async function cifarFiles(folder: string): Promise<CifarFiles> {
  const names = await readdir(folder).catch(() => usageError(`Expected a folder for --data but received '${folder}'`));
  const find = (pattern: RegExp) =>
    names
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => join(folder, name));
  const [train, test] = [find(/^data_batch.*\.bin$/), find(/^test_batch.*\.bin$/)];
  if (train.length === 0 || test.length === 0) {
    const count = `${train.length} and ${test.length} of them`;
    usageError(`Expected files data_batch….bin and test_batch….bin in '${folder}' but received ${count}`);
  }
  const [classNames] = find(/^batches\.meta\.txt$/);
  return { train, test, ...(classNames !== undefined && { classNames }) };
}
