import type { Dice } from './dice.js';

/** Bytes of the largest inputs: enough for what takes the square of their size to show. */
export const largestInput = 2 ** 20;

type Edit = (bytes: Buffer, dice: Dice, others: readonly Uint8Array[]) => Buffer;

/** A place in the file, where its header and its end are likelier than the rest. */
function place(bytes: Buffer, dice: Dice): number {
  const near = dice.below(Math.min(bytes.length, 128));
  return dice.pick([near, near, bytes.length - 1 - near, dice.below(bytes.length)]);
}

function range(bytes: Buffer, dice: Dice): readonly [start: number, end: number] {
  const start = place(bytes, dice);
  return [start, Math.min(bytes.length, start + 1 + dice.size(bytes.length))];
}

function replaced(bytes: Buffer, start: number, end: number, inserted: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(end)]);
}

const flipBit: Edit = (bytes, dice) => {
  const at = place(bytes, dice);
  bytes[at]! ^= 1 << dice.below(8);
  return bytes;
};

const setByte: Edit = (bytes, dice) => {
  bytes[place(bytes, dice)] = dice.pick([0, 1, 127, 128, 255, dice.below(256)]);
  return bytes;
};

const truncate: Edit = (bytes, dice) => bytes.subarray(0, dice.below(bytes.length));

const cutOut: Edit = (bytes, dice) => replaced(bytes, ...range(bytes, dice));

const insert: Edit = (bytes, dice) => {
  const at = place(bytes, dice);
  return replaced(bytes, at, at, dice.bytes(1 + dice.size(64)));
};

const repeat: Edit = (bytes, dice) => {
  const [start, end] = range(bytes, dice);
  const most = Math.floor((largestInput - bytes.length) / (end - start));
  // Large inputs are slow to read: a few will do.
  const times = dice.size(Math.max(1, Math.min(most, dice.once(20) ? most : 200)));
  return replaced(bytes, start, start, Buffer.alloc(times * (end - start), bytes.subarray(start, end)));
};

const splice: Edit = (bytes, dice, others) => {
  const other = Buffer.from(dice.pick(others));
  const at = place(bytes, dice);
  return Buffer.concat([bytes.subarray(0, at), other.subarray(dice.below(other.length))]);
};

/** A number of any width and order, where it may be a length. */
const setNumber: Edit = (bytes, dice) => {
  const width = dice.pick([2, 4, 8]);
  if (bytes.length < width) return bytes;
  const at = Math.min(place(bytes, dice), bytes.length - width);
  bytes.set(numberBytes(dice.edge(), width, dice.once(2)), at);
  return bytes;
};

/** Digits of a text. */
const setDigits: Edit = (bytes, dice) => {
  const runs = [...bytes.toString('latin1', 0, 4096).matchAll(/\d+/g)];
  if (runs.length === 0) return bytes;
  const { index, 0: digits } = dice.pick(runs);
  return replaced(bytes, index, index + digits.length, Buffer.from(String(dice.edge())));
};

const edits: readonly Edit[] = [
  flipBit,
  setByte,
  truncate,
  cutOut,
  insert,
  repeat,
  splice,
  setNumber,
  setNumber,
  setDigits,
];

/**
 * One change that knows nothing of the format.
 * @param others - files to splice with
 */
export function editBytes(bytes: Uint8Array, dice: Dice, others: readonly Uint8Array[]): Buffer {
  const copy = Buffer.from(bytes);
  return copy.length === 0 ? dice.bytes(dice.size(64)) : dice.pick(edits)(copy, dice, others);
}

/** The low bytes of a number. */
export function numberBytes(value: bigint, width: number, littleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  const low = bytes.subarray(0, width);
  return littleEndian ? low : low.reverse();
}
