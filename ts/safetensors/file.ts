import type { FileHandle } from 'node:fs/promises';
import type { NpyArray } from '../data/npy.js';
import { adoptElements } from '../data/npy-elements.js';
import { badArgument, clipped } from '../errors.js';
import { badFile, openForReading, readFully } from '../files.js';
import { dtypes } from './dtypes.js';
import { type Header, parseHeader, type TensorEntry } from './header.js';

/** Longer headers are refused. The largest that are known have a few MB; the reference allows 100. */
export const maxHeader = 2 ** 24;
const lengthBytes = 8;

/** A safetensors file that is open: its header was read and checked, its tensors are read when they are asked for. */
export class SafetensorsFile {
  readonly #handle: FileHandle;
  readonly #header: Header;
  readonly #dataStart: number;
  /** What error messages call it. */
  readonly where: string;

  private constructor(handle: FileHandle, header: Header, dataStart: number, where: string) {
    this.#handle = handle;
    this.#header = header;
    this.#dataStart = dataStart;
    this.where = where;
  }

  /**
   * Opens a file; the caller closes it.
   * @throws BlasnetError `ERR_BAD_FILE` that says what is wrong with it
   */
  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await openForReading(path, 'safetensors');
    try {
      const where = `'${path}'`;
      const { header, dataStart } = await readHeader(handle, where);
      return new SafetensorsFile(handle, header, dataStart, where);
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
   * Reads one tensor's numbers.
   * @param check - is shown the bytes as the file has them, and may throw to refuse
   * @throws BlasnetError `ERR_BAD_FILE` for a dtype that we do not read, and for 64-bit integers beyond ±(2^53 − 1)
   */
  async read(name: string, check?: (bytes: Uint8Array) => Promise<void>): Promise<NpyArray> {
    const entry = this.tensors.get(name);
    if (!entry) throw badArgument('tensor', `one of ${this.where}`, name);
    const { dtype, shape, begin, end } = entry;
    const what = `'${clipped(name, 60)}' of ${this.where}`;
    const { type } = dtypes[dtype];
    if (!type) throw badFile(what, 'a dtype that blasnet reads', dtype);
    const bytes = await readBytes(this.#handle, this.#dataStart + begin, end - begin, what);
    await check?.(bytes);
    return { shape: [...shape], data: adoptElements(bytes, type, what) };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function readHeader(handle: FileHandle, where: string): Promise<{ header: Header; dataStart: number }> {
  const { size } = await handle.stat();
  if (size < lengthBytes) throw badFile(where, 'a safetensors file of at least 8 bytes', `${size}`);
  const start = await readBytes(handle, 0, lengthBytes, where);
  const length = Buffer.from(start.buffer).readBigUInt64LE();
  if (length > BigInt(maxHeader)) {
    const expected = `a safetensors file, with a header of at most ${maxHeader} bytes,`;
    throw badFile(where, expected, `${length}, or another format: the file begins with ${textOf(start)}`);
  }
  const dataStart = lengthBytes + Number(length);
  if (dataStart > size) {
    throw badFile(
      where,
      `a safetensors file with a header of ${length} bytes`,
      `a file that ends ${dataStart - size} bytes before that`,
    );
  }
  const bytes = await readBytes(handle, lengthBytes, Number(length), where);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw badFile(`the header of ${where}`, 'UTF-8', 'other bytes', error);
  }
  if (!text.startsWith('{')) {
    throw badFile(where, "a safetensors file, with a header that starts with '{',", JSON.stringify(text.slice(0, 20)));
  }
  return { header: parseHeader(text, size - dataStart, where), dataStart };
}

/** A file's first bytes as text, by which people know its format: `PK` of npz. */
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
