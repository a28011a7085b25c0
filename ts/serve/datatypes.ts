import { halfToNumber } from '../core/number-formats.js';
import { badRequest, shown } from './problem.js';

/** Reads the number at an offset of a binary tensor, little-endian. */
type Reader = (view: DataView, at: number) => number;

interface Datatype {
  /** Bytes of an element in a binary tensor. */
  readonly bytes: number;
  readonly read: Reader;
  /** The least and the greatest value. */
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
  /** Describes the values, for messages. */
  readonly values: string;
}

function whole(bytes: number, read: Reader, min: bigint, max: bigint): Datatype {
  const values = `a whole number from ${min} to ${max}`;
  return { bytes, read, min: Number(min), max: Number(max), isWhole: true, values };
}

const unsigned = (bytes: number, read: Reader) => whole(bytes, read, 0n, 2n ** BigInt(8 * bytes) - 1n);
const signed = (bytes: number, read: Reader) =>
  whole(bytes, read, -(2n ** BigInt(8 * bytes - 1)), 2n ** BigInt(8 * bytes - 1) - 1n);
const floating = (bytes: number, max: number, read: Reader): Datatype => ({
  bytes,
  read,
  min: -max,
  max,
  isWhole: false,
  values: 'a finite number',
});

/** The numeric datatypes of the Open Inference Protocol. */
const numeric: ReadonlyMap<string, Datatype> = new Map([
  [
    'BOOL',
    { bytes: 1, read: (view, at) => view.getUint8(at), min: 0, max: 1, isWhole: true, values: 'true, false, 0 or 1' },
  ],
  ['UINT8', unsigned(1, (view, at) => view.getUint8(at))],
  ['UINT16', unsigned(2, (view, at) => view.getUint16(at, true))],
  ['UINT32', unsigned(4, (view, at) => view.getUint32(at, true))],
  ['UINT64', unsigned(8, (view, at) => Number(view.getBigUint64(at, true)))],
  ['INT8', signed(1, (view, at) => view.getInt8(at))],
  ['INT16', signed(2, (view, at) => view.getInt16(at, true))],
  ['INT32', signed(4, (view, at) => view.getInt32(at, true))],
  ['INT64', signed(8, (view, at) => Number(view.getBigInt64(at, true)))],
  ['FP16', floating(2, 65504, (view, at) => halfToNumber(view.getUint16(at, true)))],
  ['FP32', floating(4, (2 - 2 ** -23) * 2 ** 127, (view, at) => view.getFloat32(at, true))],
  ['FP64', floating(8, Number.MAX_VALUE, (view, at) => view.getFloat64(at, true))],
] as const satisfies [string, Datatype][]);

/** Whether this is a datatype of numbers (or booleans). */
export const isNumeric = (datatype: string): boolean => numeric.has(datatype);

/**
 * Checks that a value is one of its datatype's, and converts booleans of datatype BOOL to 0 and 1. Whole numbers above
 * 2^53 are rounded as JSON.parse and the net's floating-point numbers round them.
 * @param place - names the element in the message, as `number 3`
 * @param limit - the greatest number that the net can hold
 * @throws Problem 400 with the input's name and the value
 */
export function checkedNumber(
  value: unknown,
  datatype: string,
  place: string,
  name: string,
  limit = Number.MAX_VALUE,
): number {
  const { min, max, isWhole, values } = numeric.get(datatype)!;
  const number = datatype === 'BOOL' && typeof value === 'boolean' ? Number(value) : value;
  const isValid =
    typeof number === 'number' &&
    number >= Math.max(min, -limit) &&
    number <= Math.min(max, limit) &&
    (!isWhole || Number.isInteger(number));
  if (!isValid) throw badRequest(`${place} of input '${name}' (${datatype})`, values, shown(value));
  return number;
}

/**
 * Reads the numbers of a binary tensor.
 * @throws Problem 400 unless there are exactly `count` numbers
 */
export function numbersOf(
  bytes: Uint8Array,
  datatype: string,
  count: number,
  name: string,
): Float32Array | Float64Array {
  const type = numeric.get(datatype)!;
  if (bytes.length !== count * type.bytes)
    throw badRequest(`binary_data_size of input '${name}'`, `${count * type.bytes}`, `${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (datatype === 'FP32') {
    const isAligned = bytes.byteOffset % 4 === 0;
    return isAligned
      ? new Float32Array(bytes.buffer, bytes.byteOffset, count)
      : new Float32Array(new Uint8Array(bytes).buffer);
  }
  return Float64Array.from({ length: count }, (_, i) => type.read(view, i * type.bytes));
}

/**
 * Reads the strings of a binary tensor. Each has its length in 4 bytes in front of it.
 * @throws Problem 400 for lengths that do not add up to the tensor's bytes
 */
export function textsOf(bytes: Uint8Array, count: number, name: string): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let at = 0;
  while (at + 4 <= buffer.length && texts.length < count) {
    const end = at + 4 + buffer.readUInt32LE(at);
    if (end > buffer.length) break;
    texts.push(buffer.toString('utf8', at + 4, end));
    at = end;
  }
  if (texts.length !== count || at !== buffer.length)
    throw badRequest(`input '${name}'`, `${count} strings with their lengths in ${buffer.length} bytes`, 'others');
  return texts;
}
