import { checksumOf } from '../core/crc32.js';
import { clipped } from '../core/errors.js';
import { isFields } from '../core/fields.js';
import { badFile } from '../core/files.js';
import { littleEndianBytes } from '../core/number-formats.js';
import type { AnyTensor } from '../tensor/tensor.js';
import type { Int8Numbers } from './int8-numbers.js';

/** The metadata `format` of files that `net.save` and checkpoints of training write. */
export const modelFormat = 'blasnet';

/** The keys in a model's metadata: CRC-32 of the header; JSON with the CRC-32 of each tensor's bytes by name. */
export const headerKey = 'checksum';
export const tensorsKey = 'checksums';

/** The header's digits while its checksum is computed. */
const blank = '00000000';
/** In JSON this is a key with its value: within a text the quotes would have backslashes. */
const pattern = new RegExp(`"${headerKey}":"([0-9a-f]{${blank.length}})"`);

/** The metadata of a file with checksums; {@link signHeader} fills in that of the header. */
export async function checksumTexts(
  tensors: ReadonlyMap<string, AnyTensor | Int8Numbers>,
): Promise<Record<string, string>> {
  const sums: [string, string][] = [];
  for (const [name, { data }] of tensors) sums.push([name, await checksumOf(littleEndianBytes(data))]);
  return { [tensorsKey]: JSON.stringify(Object.fromEntries(sums)), [headerKey]: blank };
}

/**
 * Puts the checksum of a header into it: CRC-32 of all its bytes (length, JSON, padding) with the checksum's own digits
 * as zeros. Since the header holds the checksums of the tensors, no bit of the file is without one.
 * @param header - with {@link checksumTexts} in its metadata; changed in place
 */
export async function signHeader(header: Uint8Array): Promise<void> {
  const digits = digitsIn(header);
  digits?.set(Buffer.from(blank));
  digits?.set(Buffer.from(await checksumOf(header)));
}

/** Checks that the bytes of a file are those that were written. */
export class Checksums {
  readonly #sums: ReadonlyMap<string, string>;
  readonly #isComplete: boolean;
  readonly #where: string;

  private constructor(sums: ReadonlyMap<string, string>, isComplete: boolean, where: string) {
    this.#sums = sums;
    this.#isComplete = isComplete;
    this.#where = where;
  }

  /**
   * Checks a header. Files of other programs have no checksums, and models of format version 1 none of the header.
   * @param header - length, JSON and padding; changed
   * @throws BlasnetError `ERR_BAD_FILE` if the header is not as it was written
   */
  static async of(metadata: ReadonlyMap<string, string>, header: Uint8Array, where: string): Promise<Checksums> {
    const isModel = metadata.get('format') === modelFormat;
    const isComplete = isModel && metadata.has(headerKey);
    if (isComplete) await requireHeader(header, where);
    const text = isModel ? metadata.get(tensorsKey) : undefined;
    return new Checksums(text === undefined ? new Map() : sumsIn(text, where), isComplete, where);
  }

  /** Tells whether a tensor must have the bytes of a checksum. */
  has(name: string): boolean {
    return this.#isComplete || this.#sums.has(name);
  }

  /**
   * Checks the bytes of a tensor.
   * @param sum - their CRC-32, in eight hexadecimal digits
   * @throws BlasnetError `ERR_BAD_FILE` if they are not as they were written
   */
  check(name: string, sum: string): void {
    const expected = this.#sums.get(name);
    if (expected === sum || !this.has(name)) return;
    const wanted = expected === undefined ? `a checksum in '${tensorsKey}'` : `checksum ${expected}`;
    throw badFile(`'${clipped(name, 60)}' of ${this.#where}`, wanted, `${sum}: the file is damaged`);
  }
}

async function requireHeader(header: Uint8Array, where: string): Promise<void> {
  const digits = digitsIn(header);
  if (!digits) throw badFile(where, `metadata '${headerKey}' of eight hexadecimal digits`, 'others');
  const expected = Buffer.from(digits).toString('latin1');
  digits.set(Buffer.from(blank));
  const sum = await checksumOf(header);
  if (sum === expected) return;
  const received = `${sum}: the file is damaged, or another program has changed it`;
  throw badFile(`the header of ${where}`, `checksum ${expected}`, received);
}

/** The digits of a header's checksum; shares memory. */
function digitsIn(header: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('latin1');
  const found = pattern.exec(text);
  if (!found) return undefined;
  const end = found.index + found[0].length - 1;
  return header.subarray(end - blank.length, end);
}

function sumsIn(text: string, where: string): Map<string, string> {
  let sums: unknown;
  try {
    sums = JSON.parse(text);
  } catch (cause) {
    throw badFile(`'${tensorsKey}' of ${where}`, 'JSON', (cause as Error).message, cause);
  }
  if (!isFields(sums) || !Object.values(sums).every((sum) => typeof sum === 'string')) {
    throw badFile(`'${tensorsKey}' of ${where}`, 'an object of texts', 'others');
  }
  return new Map(Object.entries(sums as Record<string, string>));
}
