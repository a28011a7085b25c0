import type { FileHandle } from 'node:fs/promises';
import { checksumOf, crc32, hexOf } from '../core/crc32.js';
import { badArgument, clipped } from '../core/errors.js';
import { formatOf, signatureBytes } from '../core/file-formats.js';
import { badFile, openForReading, readFully } from '../core/files.js';
import type { NpyArray } from '../npz/npy.js';
import { adoptElements } from '../npz/npy-elements.js';
import { Checksums } from './checksums.js';
import { dtypes } from './dtypes.js';
import { type Header, parseHeader, type TensorEntry } from './header.js';

/** Longer headers are refused. The largest known ones have a few MB; the reference implementation allows 100. */
export const maxHeader = 2 ** 24;
const lengthBytes = 8;

/** Bytes that are read at once to be checked only. */
const chunk = 1 << 20;

/** An open safetensors file. Its header has been read and checked; tensors are read on demand. */
export class SafetensorsFile {
  readonly #handle: FileHandle;
  readonly #header: Header;
  readonly #dataStart: number;
  readonly #checksums: Checksums;
  /** Tensors whose bytes have been checked. */
  readonly #checked = new Set<string>();
  /** The file's name for error messages. */
  readonly where: string;

  private constructor(
    handle: FileHandle,
    { header, dataStart, checksums }: Awaited<ReturnType<typeof readHeader>>,
    where: string,
  ) {
    this.#handle = handle;
    this.#header = header;
    this.#dataStart = dataStart;
    this.#checksums = checksums;
    this.where = where;
  }

  /**
   * Opens a file; the caller closes it.
   * @throws BlasnetError `ERR_BAD_FILE` with the reason
   */
  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await openForReading(path, 'safetensors');
    try {
      const where = `'${path}'`;
      return new SafetensorsFile(handle, await readHeader(handle, where), where);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The tensors in the order of their data. */
  get tensors(): ReadonlyMap<string, TensorEntry> {
    return this.#header.tensors;
  }

  get metadata(): ReadonlyMap<string, string> {
    return this.#header.metadata;
  }

  /**
   * Reads one tensor's numbers, and checks them where the file has checksums.
   * @throws BlasnetError `ERR_BAD_FILE` for damaged numbers, a dtype that blasnet does not read, and 64-bit integers
   *   beyond ±(2^53 − 1)
   */
  async read(name: string): Promise<NpyArray> {
    const entry = this.tensors.get(name);
    if (!entry) throw badArgument('tensor', `one of ${this.where}`, name);
    const { dtype, shape, begin, end } = entry;
    const what = `'${clipped(name, 60)}' of ${this.where}`;
    const { type } = dtypes[dtype];
    if (!type) throw badFile(what, 'a dtype that blasnet reads', dtype);
    const bytes = await readBytes(this.#handle, this.#dataStart + begin, end - begin, what);
    this.#check(name, await checksumOf(bytes));
    return { shape: [...shape], data: adoptElements(bytes, type, what) };
  }

  /**
   * Checks the tensors that have not been read yet, with little memory.
   * @throws BlasnetError `ERR_BAD_FILE` for one that is damaged
   */
  async checkRest(): Promise<void> {
    const buffer = new Uint8Array(chunk);
    for (const [name, { begin, end }] of this.tensors) {
      if (this.#checked.has(name) || !this.#checksums.has(name)) continue;
      let crc = 0;
      for (let at = begin; at < end; at += chunk) {
        const bytes = buffer.subarray(0, Math.min(chunk, end - at));
        await readFully(this.#handle, bytes, this.#dataStart + at, this.where);
        crc = crc32(bytes, crc);
      }
      this.#check(name, hexOf(crc));
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #check(name: string, sum: string): void {
    this.#checksums.check(name, sum);
    this.#checked.add(name);
  }
}

async function readHeader(
  handle: FileHandle,
  where: string,
): Promise<{ header: Header; dataStart: number; checksums: Checksums }> {
  const { size } = await handle.stat();
  const start = await readBytes(handle, 0, Math.min(size, signatureBytes), where);
  const other = formatOf(start, 'safetensors');
  const refused = (expected: string, received: string) =>
    badFile(where, other === undefined ? expected : 'a safetensors file', other ?? received);
  if (size < lengthBytes) throw refused('a safetensors file of at least 8 bytes', `${size}`);
  const length = Buffer.from(start.buffer).readBigUInt64LE();
  if (length > BigInt(maxHeader)) {
    const received = `${length}, or another format: the file begins with ${textOf(start.subarray(0, lengthBytes))}`;
    throw refused(`a safetensors file, with a header of at most ${maxHeader} bytes,`, received);
  }
  const dataStart = lengthBytes + Number(length);
  if (dataStart > size) {
    const received = `a file that ends ${dataStart - size} bytes before that`;
    throw refused(`a safetensors file with a header of ${length} bytes`, received);
  }
  const bytes = await readBytes(handle, 0, dataStart, where);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(lengthBytes));
  } catch (error) {
    throw badFile(`the header of ${where}`, 'UTF-8', 'other bytes', error);
  }
  if (!text.startsWith('{')) {
    throw refused("a safetensors file, with a header that starts with '{',", JSON.stringify(text.slice(0, 20)));
  }
  const header = parseHeader(text, size - dataStart, where);
  return { header, dataStart, checksums: await Checksums.of(header.metadata, bytes, where) };
}

/** Quotes a file's first bytes, by which people may know its format. */
function textOf(bytes: Uint8Array): string {
  return JSON.stringify(Buffer.from(bytes).toString('latin1'));
}

async function readBytes(handle: FileHandle, position: number, length: number, where: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(length);
  } catch (error) {
    throw badFile(where, 'a tensor that fits into memory', `${length} bytes`, error);
  }
  await readFully(handle, bytes, position, where);
  return bytes;
}
