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

/** The sets that readers hold, as messages call them. */
export type SetName = 'train' | 'test' | 'validation';

/**
 * @param like - a row of the training set's features
 * @throws BlasnetError where a set's parts differ, its rows hold nothing or are not like those, or its numbers are not
 *   finite
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

/** The rows that `order` names, in that order; copied. */
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

/** The numbers below `count` in an order that depends on it and the seed only. */
export function shuffledOrder(count: number, seed: number, stream = shuffleStream): Int32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', seed);
  const order = new Int32Array(count);
  const operand = { data: order, shape: [count] };
  new EagerRunner('float32').run('shuffle_order', { order: operand, seed, stream, epoch: 0 });
  return order;
}

/** Which of `count` rows are for the test, ⌊count/k⌋ of them, and which for training, both in random order. */
export function splitOrder(count: number, k: number, seed: number): { train: Int32Array; test: Int32Array } {
  const size = shareOf(count, k);
  const order = shuffledOrder(count, seed, splitStream);
  return { train: order.subarray(size), test: order.subarray(0, size) };
}

/** A part in two, ⌊n/k⌋ random rows of it for the test; copied. */
export function splitPart({ x, y }: Part, k: number, seed: number): { train: Part; test: Part } {
  const order = splitOrder(x.count, k, seed);
  const take = (rows: Int32Array): Part => ({ x: takeRows(x, rows), y: takeRows(y, rows) });
  return { train: take(order.train), test: take(order.test) };
}

/** ⌊count/k⌋, where that leaves rows for both sets. */
export function shareOf(count: number, k: number): number {
  const share = Math.floor(count / k);
  if (!(Number.isFinite(k) && k > 1 && share >= 1 && share < count)) {
    throw badArgument('k', `a number above 1 that leaves rows for both sets of ${count}`, k);
  }
  return share;
}
