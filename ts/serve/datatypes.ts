import { halfToNumber } from '../number-formats.js';
import { badRequest } from './problem.js';

/** Reads the number at a place of a binary tensor, little-endian. */
type Reader = (view: DataView, at: number) => number;

interface Datatype {
  readonly bytes: number;
  readonly read: Reader;
}

/** The numeric datatypes of the Open Inference Protocol. */
const numeric: ReadonlyMap<string, Datatype> = new Map([
  ['BOOL', { bytes: 1, read: (view, at) => Number(view.getUint8(at) !== 0) }],
  ['UINT8', { bytes: 1, read: (view, at) => view.getUint8(at) }],
  ['UINT16', { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  ['UINT32', { bytes: 4, read: (view, at) => view.getUint32(at, true) }],
  ['UINT64', { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) }],
  ['INT8', { bytes: 1, read: (view, at) => view.getInt8(at) }],
  ['INT16', { bytes: 2, read: (view, at) => view.getInt16(at, true) }],
  ['INT32', { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  ['INT64', { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }],
  ['FP16', { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) }],
  ['FP32', { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  ['FP64', { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
] as const satisfies [string, Datatype][]);

/** Whether there is such a datatype of numbers. */
export const isNumeric = (datatype: string): boolean => numeric.has(datatype);

/**
 * The numbers of a binary tensor.
 * @throws Problem 400 unless there are exactly so many bytes
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
  if (datatype === 'FP32') return new Float32Array(new Uint8Array(bytes).buffer);
  return Float64Array.from({ length: count }, (_, i) => type.read(view, i * type.bytes));
}

/**
 * The strings of a binary tensor: each with its length in 4 bytes before it.
 * @throws Problem 400 for lengths that do not add up
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
