// @internal
import { createGunzip } from 'node:zlib';
import { badFile, readFileBytes } from '../core/files.js';
import { inflateStart, inflateTo, maxRatio } from '../npz/inflate.js';
import { sizeOf } from '../tensor/tensor.js';

/** The array in an IDX file: for MNIST of shape `[images, 28, 28]` or `[labels]`. */
export interface IdxArray {
  shape: number[];
  data: Uint8Array;
}

const UBYTE = 0x08;
const TYPE_NAMES: Readonly<Record<number, string>> = {
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: '32-bit floats',
  14: '64-bit floats',
};
const MAX_RANK = 4;
/** A header with four dimensions. */
const LONGEST_HEADER = 4 + 4 * MAX_RANK;
/** Packed bytes that surely hold the header, after gzip's own with a file name. */
const PEEK = 1024;

/**
 * Reads an IDX file of unsigned bytes, the format of MNIST, plain or gzipped (told by content, not by name).
 * @throws BlasnetError `ERR_BAD_FILE` if the file is missing, damaged, of another element type,
 *   or holds fewer or more bytes than its header says
 */
export async function readIdx(path: string): Promise<IdxArray> {
  return (await IdxFile.open(path)).read();
}

/** Decodes the bytes of an IDX file; the result may share memory with them. */
export async function decodeIdx(bytes: Uint8Array, where: string): Promise<IdxArray> {
  return (await IdxFile.from(bytes, where)).read();
}

/** An IDX file in memory, still packed if it is gzipped. Its header has been read, and is possible for its size. */
export class IdxFile {
  readonly #bytes: Uint8Array;
  readonly #isZipped: boolean;
  /** The file's name for error messages. */
  readonly where: string;
  readonly shape: readonly number[];

  private constructor(bytes: Uint8Array, isZipped: boolean, shape: readonly number[], where: string) {
    this.#bytes = bytes;
    this.#isZipped = isZipped;
    this.shape = shape;
    this.where = where;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` for a file that cannot be read, or whose header is none */
  static async open(path: string): Promise<IdxFile> {
    return IdxFile.from(await readFileBytes(path, 'IDX'), `'${path}'`);
  }

  /** @throws BlasnetError `ERR_BAD_FILE` for bytes whose header is none, or promises more than they can hold */
  static async from(bytes: Uint8Array, where: string): Promise<IdxFile> {
    const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const start = isZipped
      ? await inflateStart(createGunzip, bytes.subarray(0, PEEK), LONGEST_HEADER, { what: 'gzipped IDX data', where })
      : bytes;
    const shape = parseHeader(start, where);
    const file = new IdxFile(bytes, isZipped, shape, where);
    // Before anything is allocated: a header may promise 2^60 bytes.
    const possible = isZipped ? bytes.length * maxRatio : bytes.length;
    const total = file.#start + sizeOf(shape);
    if (total > possible) throw badFile(where, `${total} bytes for shape [${shape.join(', ')}]`, `at most ${possible}`);
    return file;
  }

  /** Bytes of the header. */
  get #start(): number {
    return 4 + 4 * this.shape.length;
  }

  /**
   * Reads the numbers; the result may share memory with the file's bytes.
   * @throws BlasnetError `ERR_BAD_FILE` for damaged data, and for fewer or more bytes than the header says
   */
  async read(): Promise<IdxArray> {
    const { shape, where } = this;
    const total = this.#start + sizeOf(shape);
    const all = this.#isZipped
      ? await inflateTo(createGunzip, this.#bytes, total, { what: 'gzipped IDX data', where })
      : this.#bytes;
    if (all.length !== total) throw badFile(where, `${total} bytes for shape [${shape.join(', ')}]`, `${all.length}`);
    return { shape: [...shape], data: new Uint8Array(all.buffer, all.byteOffset + this.#start, total - this.#start) };
  }
}

function parseHeader(bytes: Uint8Array, where: string): number[] {
  const [zero, zeroToo, type = 0, rank = 0] = bytes;
  if (bytes.length < 4 || zero !== 0 || zeroToo !== 0) {
    const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    throw badFile(where, 'an IDX file, which starts with two zero bytes', start === '' ? 'nothing' : `0x${start}`);
  }
  if (type !== UBYTE) {
    const received = TYPE_NAMES[type] ?? 'an unknown type';
    throw badFile(
      where,
      'IDX elements of unsigned bytes (type 0x08)',
      `${received} (0x${type.toString(16).padStart(2, '0')})`,
    );
  }
  if (rank < 1 || rank > MAX_RANK) throw badFile(where, `1 to ${MAX_RANK} IDX dimensions`, `${rank}`);
  if (bytes.length < 4 + 4 * rank) throw badFile(where, `an IDX header of ${4 + 4 * rank} bytes`, `${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
}
