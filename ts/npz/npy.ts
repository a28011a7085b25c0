// @internal
import { badArgument, clipped, shapeMismatch } from '../core/errors.js';
import { badFile } from '../core/files.js';
import { hostOrder } from '../core/number-formats.js';
import { sizeOf } from '../tensor/tensor.js';
import { decodeElements, elementTypeOf, type NumberArray } from './npy-elements.js';

/** An array as NumPy saved it, in C (row-major) order. */
export interface NpyArray {
  /** Lengths of the dimensions; empty for a single number. */
  shape: number[];
  /** The numbers, in memory of their own. */
  data: NumberArray;
}

const MAGIC = '\x93NUMPY';
/** NumPy's own limit. Headers of plain arrays have under 300 bytes. */
const MAX_HEADER = 10_000;
/** Bytes that surely hold the longest header. */
export const NPY_START = MAX_HEADER + 12;
/** NumPy's own limit since 2.0. */
const MAX_RANK = 64;
/** NumPy leaves room in the header for the first dimension to grow to this many digits. */
const GROWTH_DIGITS = 21;

const DESCR_OF = new Map<unknown, string>([
  [Float32Array, 'f4'],
  [Float64Array, 'f8'],
  [Int8Array, 'i1'],
  [Uint8Array, 'u1'],
  [Int16Array, 'i2'],
  [Uint16Array, 'u2'],
  [Int32Array, 'i4'],
  [Uint32Array, 'u4'],
]);

/**
 * Reads the NPY format, versions 1 to 3, of any numeric dtype but complex: `float16` becomes `Float32Array`,
 * `int64` and `uint64` become `Float64Array`, `bool` becomes `Uint8Array` of 0 and 1.
 * @param bytes - the whole file; it is copied, so it may be changed afterwards
 * @param where - the file's name for error messages
 * @throws BlasnetError `ERR_BAD_FILE` for anything but one whole numeric array, and for 64-bit integers beyond ±(2^53 − 1)
 */
export function decodeNpy(bytes: Uint8Array, where: string): NpyArray {
  const { type, shape, fortran, dataStart } = checkNpyStart(bytes, bytes.length, where);
  const data = decodeElements(bytes.subarray(dataStart), type, where);
  return { shape, data: fortran && shape.length > 1 ? toRowMajor(data, shape) : data };
}

/**
 * Checks the header of an NPY file before memory is taken for the rest: a header may claim 2^60 numbers, and a file may hold
 * more of them than its header counts.
 * @param start - the first {@link NPY_START} bytes of the file, or all
 * @param total - bytes of the whole file
 */
export function checkNpyStart(start: Uint8Array, total: number, where: string) {
  const { text, dataStart } = readHeader(start, where);
  const { descr, fortran, shape } = parseHeader(text, where);
  const type = elementTypeOf(descr, where);
  const size = shape.includes(0) ? 0 : sizeOf(shape);
  const present = total - dataStart;
  if (present !== size * type.bytes) {
    throw badFile(where, `${size * type.bytes} bytes of data for shape (${shape.join(', ')})`, `${present}`);
  }
  return { type, shape, fortran, dataStart };
}

/**
 * Writes the NPY format, version 1.0, byte for byte as `numpy.save` does.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` if the shape does not hold `data.length` numbers,
 *   `ERR_BAD_ARGUMENT` for more than 64 dimensions
 */
export function encodeNpy(shape: readonly number[], data: NumberArray): Uint8Array {
  if (sizeOf(shape) !== data.length) throw shapeMismatch('shape', `a product of ${data.length}`, `[${shape}]`);
  if (shape.length > MAX_RANK) throw badArgument('shape', `at most ${MAX_RANK} dimensions`, shape.length);
  const order = data.BYTES_PER_ELEMENT === 1 ? '|' : hostOrder;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const growth = shape.length === 0 ? '' : ' '.repeat(GROWTH_DIGITS - String(shape[0]).length);
  const descr = `${order}${DESCR_OF.get(data.constructor)}`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${growth}`;
  // Magic, version, length and header with its newline end at a multiple of 64; NumPy pads by 1 to 64 spaces.
  const unpadded = MAGIC.length + 4 + dict.length + 1;
  const header = `${dict}${' '.repeat(64 - (unpadded % 64))}\n`;
  const start = MAGIC.length + 4 + header.length;
  const bytes = new Uint8Array(start + data.byteLength);
  const view = Buffer.from(bytes.buffer);
  view.write(`${MAGIC}\x01\x00`, 'latin1');
  view.writeUInt16LE(header.length, MAGIC.length + 2);
  view.write(header, MAGIC.length + 4, 'latin1');
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

function readHeader(bytes: Uint8Array, where: string): { text: string; dataStart: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.toString('latin1', 0, MAGIC.length);
  if (magic !== MAGIC) throw badFile(where, "an NPY array, which starts with '\\x93NUMPY'", JSON.stringify(magic));
  const version = view[6] ?? 0;
  if (version < 1 || version > 3) throw badFile(where, 'NPY format version 1, 2 or 3', `version ${version}`);
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (bytes.length < start) throw badFile(where, 'a whole NPY header', `a file of ${bytes.length} bytes`);
  const length = view.readUIntLE(8, lengthBytes);
  if (length > MAX_HEADER) throw badFile(where, `an NPY header of at most ${MAX_HEADER} bytes`, `${length}`);
  if (bytes.length < start + length) {
    throw badFile(where, `an NPY header of ${length} bytes`, `${bytes.length - start} bytes`);
  }
  return { text: view.toString('latin1', start, start + length), dataStart: start + length };
}

// The header is a Python dict. Only what NumPy writes for plain arrays is understood: one entry after another, each a
// known key and a string, a boolean or a tuple of integers (Python 2 wrote 3L).
const ENTRY =
  /\s*(['"])(descr|fortran_order|shape)\1\s*:\s*(?:(['"])(?<descr>[^'"]*)\3|(?<fortran>True|False)|\((?<shape>[\d\sL,-]*)\))\s*(?:,|(?=\}))/y;

function parseHeader(text: string, where: string): { descr: string; fortran: boolean; shape: number[] } {
  if (/['"]descr['"]\s*:\s*\[/.test(text)) throw badFile(where, 'a plain numeric dtype', 'a structured dtype');
  const body = text.trim();
  const garbage = () =>
    badFile(where, 'an NPY header with descr, fortran_order and shape', JSON.stringify(clipped(body, 80)));
  if (!body.startsWith('{') || !body.endsWith('}')) throw garbage();
  const found = new Map<string, string>();
  ENTRY.lastIndex = 1;
  while (!/^\s*\}$/.test(body.slice(ENTRY.lastIndex))) {
    const match = ENTRY.exec(body);
    const key = match?.[2];
    // The value must be of its key's kind: groups are named after the kind that they hold.
    const value = key && match.groups?.[key === 'fortran_order' ? 'fortran' : key];
    if (key === undefined || value === undefined || found.has(key)) throw garbage();
    found.set(key, value);
  }
  const [descr, fortran, shape] = [found.get('descr'), found.get('fortran_order'), found.get('shape')];
  if (descr === undefined || fortran === undefined || shape === undefined) throw garbage();
  return { descr, fortran: fortran === 'True', shape: parseShape(shape, where) };
}

function parseShape(tuple: string, where: string): number[] {
  const parts = tuple.split(',').map((part) => part.trim());
  // `()` and `(3,)` and `(3, 4)` are tuples, `(3)` is not.
  const last = parts.at(-1) === '' ? parts.pop() : undefined;
  const isTuple = parts.length !== 1 || last !== undefined;
  if (!isTuple || parts.length > MAX_RANK || !parts.every((part) => /^\d+L?$/.test(part))) {
    throw badFile(where, `a shape of at most ${MAX_RANK} lengths ≥ 0`, `(${clipped(tuple, 80)})`);
  }
  const shape = parts.map((part) => Number.parseInt(part, 10));
  // Zeros aside, so that an empty array's other lengths are numbers to count with, too.
  if (!Number.isSafeInteger(sizeOf(shape.filter((length) => length > 0)))) {
    throw badFile(where, 'a shape of fewer than 2^53 numbers', `(${clipped(tuple, 80)})`);
  }
  return shape;
}

function toRowMajor<T extends NumberArray>(data: T, shape: readonly number[]): T {
  const result = data.slice() as T;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let source = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[source]!;
    // Count up like an odometer, the last axis first.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      source -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
