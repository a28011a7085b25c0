import type { ExecutionContext } from 'ava';
import { type CifarFiles, CifarImageReader, type ImageOptions } from 'blasnet';
import { temporaryFolder, write } from './files.js';

type ReaderOptions = Omit<CifarFiles, 'train'> & ImageOptions;

export const imageSize = 3 * 32 * 32;
const excerpt = 'test/fixtures/cifar';

/** Pixels of made-up images. */
export function pixelsOf(count: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length: count * imageSize }, (_, i) => (Math.imul(i + salt, 2654435761) >>> 24) % 256);
}

/** Records of those labels, as CIFAR-10's files have them. */
export function recordsOf(labels: readonly number[], pixels = pixelsOf(labels.length)): Uint8Array {
  const records = labels.map((label, i) => [[label], pixels.subarray(i * imageSize, (i + 1) * imageSize)]);
  return Buffer.concat(records.flat().map((bytes) => Uint8Array.from(bytes)));
}

/** A reader that has read a file of such records. */
export async function cifarReader(
  t: ExecutionContext,
  labels: readonly number[],
  options: ReaderOptions = {},
  pixels?: Uint8Array,
): Promise<CifarImageReader> {
  const train = await write(await temporaryFolder(t), 'train.bin', recordsOf(labels, pixels));
  const reader = new CifarImageReader({ train, ...options });
  await reader.readData();
  return reader;
}

/** A reader of the real images that are checked in: 20 for training, 2 for the test. */
export async function excerptReader(options: ReaderOptions = {}): Promise<CifarImageReader> {
  const files = {
    train: `${excerpt}/train.bin`,
    test: `${excerpt}/test.bin`,
    classNames: `${excerpt}/batches.meta.txt`,
  };
  const reader = new CifarImageReader({ ...files, ...options });
  await reader.readData();
  return reader;
}
