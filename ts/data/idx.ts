// @internal
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';
import { badFile, readFileBytes } from '../files.js';
import { sizeOf } from '../tensor.js';
import { inflateTo, maxRatio } from './inflate.js';

/** What an IDX file holds: for MNIST, `[images, 28, 28]` or `[labels]`. */
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

const inflate = promisify(gunzip);

/**
 * Reads an IDX file of unsigned bytes, the format of MNIST, plain or gzipped (told by content, not by name).
 * @throws BlasnetError `ERR_BAD_FILE` if the file is missing, damaged, of another element type,
 *   or holds fewer or more bytes than its header says
 */
export async function readIdx(path: string): Promise<IdxArray> {
  return decodeIdx(await readFileBytes(path, 'IDX'), `'${path}'`);
}

/**
 * As {@link readIdx}, from bytes; the result may share memory with them.
 * @param where - what error messages call the file
 */
export async function decodeIdx(bytes: Uint8Array, where: string): Promise<IdxArray> {
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const shape = parseHeader(zipped ? await peek(bytes, where) : bytes, where);
  const start = 4 + 4 * shape.length;
  const total = start + sizeOf(shape);
  // Before anything is allocated: a header may promise 2^60 bytes.
  const possible = zipped ? bytes.length * maxRatio : bytes.length;
  if (total > possible) throw badFile(where, `${total} bytes for shape [${shape.join(', ')}]`, `at most ${possible}`);
  const all = zipped ? await inflateTo(inflate, bytes, total, { what: 'gzipped IDX data', where }) : bytes;
  if (all.length !== total) throw badFile(where, `${total} bytes for shape [${shape.join(', ')}]`, `${all.length}`);
  return { shape, data: new Uint8Array(all.buffer, all.byteOffset + start, total - start) };
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

/** The first bytes of gzipped data, at least as many as the longest header if there are so many. */
async function peek(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  try {
    // Flushing instead of finishing accepts that the data goes on.
    const start = await inflate(bytes.subarray(0, PEEK), { finishFlush: constants.Z_SYNC_FLUSH });
    return start.subarray(0, LONGEST_HEADER);
  } catch (error) {
    throw badFile(where, 'gzipped IDX data', (error as Error).message, error);
  }
}
