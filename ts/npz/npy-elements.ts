// @internal
import { badFile } from '../core/files.js';
import { halfToNumber, hostOrder } from '../core/number-formats.js';

/** The typed arrays that hold numbers from a file. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** The layout of one number in a file. */
export interface ElementType {
  /** Bytes of one number in the file. */
  readonly bytes: number;
  /** True if the file's byte order is not this machine's. */
  readonly swapped: boolean;
  /** Makes numbers of a buffer that holds only them, in this machine's byte order; may share its memory. */
  readonly view: (buffer: ArrayBuffer, where: string) => NumberArray;
}

const VIEWS: Readonly<Record<string, ElementType['view']>> = {
  b1: (buffer) => new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1)),
  i1: (buffer) => new Int8Array(buffer),
  u1: (buffer) => new Uint8Array(buffer),
  i2: (buffer) => new Int16Array(buffer),
  u2: (buffer) => new Uint16Array(buffer),
  i4: (buffer) => new Int32Array(buffer),
  u4: (buffer) => new Uint32Array(buffer),
  i8: (buffer, where) => fromInt64(buffer, Int32Array, where),
  u8: (buffer, where) => fromInt64(buffer, Uint32Array, where),
  f2: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToNumber),
  f4: (buffer) => new Float32Array(buffer),
  f8: (buffer) => new Float64Array(buffer),
};

const REFUSED: Readonly<Record<string, string>> = {
  O: 'pickled objects',
  c: 'complex numbers',
  S: 'strings',
  a: 'strings',
  U: 'strings',
  V: 'a structured dtype',
  M: 'dates',
  m: 'time differences',
};

/**
 * Gets the layout of numbers from NumPy's `descr`, such as `<f4`.
 * @throws BlasnetError `ERR_BAD_FILE` for objects, structures, complex numbers, strings, dates and unknown types
 */
export function elementTypeOf(descr: string, where: string): ElementType {
  const [, order, kind = '', bytes = ''] = /^([<>|]?)([A-Za-z])(\d*)(?:\[.*\])?$/.exec(descr) ?? [];
  const view = Object.hasOwn(VIEWS, kind + bytes) ? VIEWS[kind + bytes] : undefined;
  const ordered = bytes === '1' ? order !== undefined : order === '<' || order === '>';
  if (view === undefined || !ordered || descr !== order + kind + bytes) {
    const refused = Object.hasOwn(REFUSED, kind) ? `${REFUSED[kind]} ('${descr}')` : `'${descr}'`;
    throw badFile(where, 'a dtype of bool, int8 to int64, uint8 to uint64 or float16 to float64', refused);
  }
  return { bytes: Number(bytes), swapped: bytes !== '1' && order !== hostOrder, view };
}

/**
 * Copies numbers out of a file's bytes, which may lie at any address.
 * @param bytes - a whole number of elements
 */
export function decodeElements(bytes: Uint8Array, type: ElementType, where: string): NumberArray {
  const own = new Uint8Array(bytes.length);
  own.set(bytes);
  return adoptElements(own, type, where);
}

/** Decodes numbers in place: the bytes are all of their buffer, are changed, and may be kept. */
export function adoptElements(own: Uint8Array, type: ElementType, where: string): NumberArray {
  if (type.swapped) {
    const buffer = Buffer.from(own.buffer);
    if (type.bytes === 2) buffer.swap16();
    else if (type.bytes === 4) buffer.swap32();
    else buffer.swap64();
  }
  return type.view(own.buffer as ArrayBuffer, where);
}

/** 64-bit integers by their halves: ten times as fast as by BigInt. */
function fromInt64(
  buffer: ArrayBuffer,
  High: Int32ArrayConstructor | Uint32ArrayConstructor,
  where: string,
): Float64Array {
  const low = new Uint32Array(buffer);
  const high = new High(buffer);
  const lowAt = hostOrder === '<' ? 0 : 1;
  const result = new Float64Array(low.length / 2);
  for (let i = 0; i < result.length; i++) {
    const value = high[2 * i + 1 - lowAt]! * 2 ** 32 + low[2 * i + lowAt]!;
    // Rounding keeps whatever lies beyond 2^53 at or beyond it.
    if (!Number.isSafeInteger(value)) {
      throw badFile(where, '64-bit integers within ±(2^53 − 1)', `about ${value} at index ${i}`);
    }
    result[i] = value;
  }
  return result;
}
