// @internal
import { badArgument, shapeMismatch } from '../errors.js';
import { EagerRunner } from '../runner.js';
import { sizeOf } from '../tensor.js';
import { type Rows, requireFinite, sliceRows } from './rows.js';

/** Features and labels of the same rows. */
export interface Part {
  readonly x: Rows;
  readonly y: Rows;
}

/** The names of a reader's sets in messages. */
export type SetName = 'train' | 'test' | 'validation';

/**
 * Checks a set.
 * @param like - the features of the training set, whose rows all sets must have
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for parts of different row counts, for rows without columns and for rows
 *   unlike those of `like`; `ERR_NOT_FINITE` for NaN and infinity
 */
export function checkPart(name: SetName, { x, y }: Part, like: Rows): void {
  if (x.count !== y.count) throw shapeMismatch(`the ${name} labels`, `${x.count} rows`, `${y.count}`);
  if (sizeOf(x.rowShape) !== sizeOf(like.rowShape)) {
    throw shapeMismatch(`the ${name} set`, `${sizeOf(like.rowShape)} features`, `${sizeOf(x.rowShape)}`);
  }
  // A file of a few bytes could claim any number of rows of nothing.
  for (const [what, { rowShape }] of [['set', x] as const, ['labels', y] as const]) {
    if (sizeOf(rowShape) === 0) throw shapeMismatch(`the ${name} ${what}`, 'at least one column', '0');
  }
  requireFinite(`the ${name} set`, x);
  requireFinite(`the ${name} labels`, y);
}

/** Rows `from` (included) to `to` (excluded); shares memory. */
export function slicePart({ x, y }: Part, from: number, to: number): Part {
  return { x: sliceRows(x, from, to), y: sliceRows(y, from, to) };
}

/** Copies the rows whose numbers are in `order`, in that order. */
export function takeRows(rows: Rows, order: Int32Array): Rows {
  const width = sizeOf(rows.rowShape);
  const data = new (rows.data.constructor as Float32ArrayConstructor)(order.length * width);
  order.forEach((from, to) => {
    data.set(rows.data.subarray(from * width, (from + 1) * width), to * width);
  });
  return { ...rows, data, count: order.length };
}

const shuffleStream = 0x5348; // keeps these random numbers apart from those of a net with the same seed
const splitStream = 0x5350;

/** The numbers from 0 to `count` − 1 in a random order, which depends on `count`, the seed and the stream only. */
export function shuffledOrder(count: number, seed: number, stream = shuffleStream): Int32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', seed);
  const order = new Int32Array(count);
  const operand = { data: order, shape: [count] };
  new EagerRunner('float32').run('shuffle_order', { order: operand, seed, stream, epoch: 0 });
  return order;
}

/** Splits `count` rows at random into test rows, as many as `shareOf` gives, and training rows. */
export function splitOrder(count: number, k: number, seed: number): { train: Int32Array; test: Int32Array } {
  const size = shareOf(count, k);
  const order = shuffledOrder(count, seed, splitStream);
  return { train: order.subarray(size), test: order.subarray(0, size) };
}

/** Splits a part at random as `splitOrder` does; copies the rows. */
export function splitPart({ x, y }: Part, k: number, seed: number): { train: Part; test: Part } {
  const order = splitOrder(x.count, k, seed);
  const take = (rows: Int32Array): Part => ({ x: takeRows(x, rows), y: takeRows(y, rows) });
  return { train: take(order.train), test: take(order.test) };
}

/**
 * The number of rows that a split takes from `count` rows.
 * @param k - below 1 the share of the rows, above 1 its divisor: 0.2 and 5 are both a fifth
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for any other value, and where one of the two sets has no row
 */
export function shareOf(count: number, k: number, name = 'k'): number {
  if (typeof k === 'number') {
    // 0.29 · 100 is less than 29 by a rounding error.
    const share = Math.floor(k > 0 && k < 1 ? count * k * (1 + 2 ** -50) : count / k);
    if (Number.isFinite(k) && k > 0 && k !== 1 && share >= 1 && share < count) return share;
  }
  const expected = `a share such as 0.2, or a divisor above 1 such as 5, that leaves rows for both sets of ${count}`;
  throw badArgument(name, expected, k);
}
