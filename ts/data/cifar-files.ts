// @internal
import type { FileHandle } from 'node:fs/promises';
import { badFile, openForReading, readFileBytes, readFully } from '../core/files.js';
import { sizeOf } from '../tensor/tensor.js';
import type { LabelledImages } from './image-data-reader.js';
import type { ImageShape } from './pixels.js';

const shape: ImageShape = [3, 32, 32];
const classes = 10;
/** Bytes of an image, and of a record: a label comes before it. */
const imageBytes = sizeOf(shape);
const recordBytes = 1 + imageBytes;
/** Records that are read at once, so that little memory is taken besides that of the images. */
const chunk = 512;

/** A file of CIFAR-10 has 31 MB; a much larger one is none, and not worth its memory. */
const largestFile = 2 ** 31;

/** An open file, and the number of its images. */
interface CifarFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly count: number;
}

/**
 * Reads files of CIFAR-10's binary version, one after the other: records of a label and 3 × 1024 bytes, planes of red,
 * green and blue.
 * @throws BlasnetError `ERR_BAD_FILE` for files that cannot be read, are no whole records, or have labels above 9
 */
export async function readCifar(paths: readonly string[]): Promise<LabelledImages> {
  const files: CifarFile[] = [];
  const opened: FileHandle[] = [];
  try {
    for (const path of paths) {
      const handle = await openForReading(path, 'CIFAR-10');
      opened.push(handle);
      files.push({ path, handle, count: await countOf(path, handle) });
    }
    const count = files.reduce((sum, file) => sum + file.count, 0);
    const images = { pixels: new Uint8Array(count * imageBytes), labels: new Float32Array(count) };
    let first = 0;
    for (const file of files) {
      await readRecords(file, images, first);
      first += file.count;
    }
    return { shape, ...images };
  } finally {
    for (const handle of opened) await handle.close();
  }
}

async function countOf(path: string, handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  if (size === 0) throw badFile(`'${path}'`, `records of ${recordBytes} bytes`, 'an empty file');
  if (size % recordBytes !== 0) {
    throw badFile(`'${path}'`, `whole records of ${recordBytes} bytes`, `${size} bytes`);
  }
  if (size > largestFile) throw badFile(`'${path}'`, `at most ${largestFile} bytes`, `${size}`);
  return size / recordBytes;
}

/** Reads a file's records into the images from `first` on. */
async function readRecords(
  { path, handle, count }: CifarFile,
  { pixels, labels }: Pick<LabelledImages, 'pixels' | 'labels'>,
  first: number,
): Promise<void> {
  const buffer = new Uint8Array(Math.min(count, chunk) * recordBytes);
  for (let done = 0; done < count; done += chunk) {
    const records = Math.min(chunk, count - done);
    await readFully(handle, buffer.subarray(0, records * recordBytes), done * recordBytes, `'${path}'`);
    for (let i = 0; i < records; i++) {
      const at = i * recordBytes;
      const label = buffer[at]!;
      if (label >= classes) throw badFile(`record ${done + i} of '${path}'`, 'a label from 0 to 9', `${label}`);
      labels[first + done + i] = label;
      pixels.set(buffer.subarray(at + 1, at + recordBytes), (first + done + i) * imageBytes);
    }
  }
}

/**
 * Reads the names of the classes from `batches.meta.txt`: one a line.
 * @throws BlasnetError `ERR_BAD_FILE` for another number of names
 */
export async function readClassNames(path: string): Promise<readonly string[]> {
  const text = new TextDecoder().decode(await readFileBytes(path, 'text'));
  const names = text.split('\n').map((line) => line.trim());
  const present = names.filter((name) => name !== '');
  if (present.length !== classes) throw badFile(`'${path}'`, `${classes} names of classes`, `${present.length}`);
  return present;
}
