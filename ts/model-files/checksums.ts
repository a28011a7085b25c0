import { checksumOf } from '../crc32.js';
import { clipped } from '../errors.js';
import { badFile } from '../files.js';
import { littleEndianBytes } from '../number-formats.js';
import type { Tensor } from '../tensor.js';
import { jsonIn, type Metadata } from './description.js';

/** CRC-32 of each tensor's bytes, as the text `checksums` of a safetensors file: JSON, eight hexadecimal digits each. */
export async function checksumsOf(tensors: ReadonlyMap<string, Tensor>): Promise<string> {
  const sums: [string, string][] = [];
  for (const [name, { data }] of tensors) sums.push([name, await checksumOf(littleEndianBytes(data))]);
  return JSON.stringify(Object.fromEntries(sums));
}

/** Tells of each tensor of a file whether its bytes are those that were written. */
export class Checksums {
  readonly #sums: ReadonlyMap<string, string>;
  readonly #where: string;

  /** Files without checksums are taken as they are. */
  constructor(metadata: Metadata, where: string) {
    const sums = metadata.has('checksums') ? jsonIn(metadata, 'checksums', where) : {};
    const isText = (sum: unknown) => typeof sum === 'string';
    if (typeof sums !== 'object' || sums === null || !Object.values(sums).every(isText)) {
      throw badFile(`'checksums' of ${where}`, 'an object of texts', 'others');
    }
    this.#sums = new Map(Object.entries(sums));
    this.#where = where;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` for other bytes */
  async check(name: string, bytes: Uint8Array): Promise<void> {
    const expected = this.#sums.get(name);
    if (expected === undefined) return;
    const sum = await checksumOf(bytes);
    if (sum !== expected)
      throw badFile(`'${clipped(name, 60)}' of ${this.#where}`, `checksum ${expected}`, `${sum}: the file is damaged`);
  }
}
