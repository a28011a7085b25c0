// @internal
import { badArgument, shapeMismatch } from '../core/errors.js';
import { EagerRunner } from '../runtime/runner.js';
import { sizeOf } from '../tensor/tensor.js';
import { mapNamed } from './by-name.js';
import { type Rows, requireFinite, rowType, sliceRows } from './rows.js';

/** Rows by the names of inputs or targets; those of a reader without names are called ''. */
export type NamedRows = Readonly<Record<string, Rows>>;

/** Features and labels of the same rows. */
export interface Part {
  readonly inputs: NamedRows;
  readonly targets: NamedRows;
}

/** The two sides of a part. */
export type Side = keyof Part;

/** A part with one input and one target, without names. */
export function partOf(x: Rows, y: Rows): Part {
  return { inputs: { '': x }, targets: { '': y } };
}

/** The features of a part by the names of inputs; a part of a reader without names has the one name ''. */
export function inputsOf({ inputs }: Part): NamedRows {
  return inputs;
}

/** The labels of a part by the names of targets; a part of a reader without names has the one name ''. */
export function targetsOf({ targets }: Part): NamedRows {
  return targets;
}

/** The number of rows. */
export function countOf({ inputs }: Part): number {
  return Object.values(inputs)[0]!.count;
}

/**
 * The rows of the only input or target of a part.
 * @param name - of what asks for them, for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for rows by name
 */
export function soleRows(part: Part, side: Side, name: string): Rows {
  const rows = part[side][''];
  if (!rows) throw badArgument(name, `a reader without names of ${side}`, Object.keys(part[side]).join(', '));
  return rows;
}

/**
 * The names under which a part holds the rows of a net's inputs, in the net's order. Rows without a name are those of a net
 * with one input.
 * @param expected - the names of the net's inputs
 * @param name - of the part, for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for inputs that are missing, and for others
 */
export function inputNames(
  expected: readonly string[],
  part: { readonly inputs: Readonly<Record<string, unknown>> },
  name: string,
): readonly string[] {
  return namesIn('inputs', part.inputs, expected, name);
}

/**
 * The names under which a part holds the labels of a net's outputs, in the net's order. Labels without a name are those of a
 * net with one output, and so are the only ones of any name.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for targets that are missing, and for others
 */
export function targetNames(expected: readonly string[], part: Pick<Part, 'targets'>, name: string): readonly string[] {
  const names = Object.keys(part.targets);
  return expected.length === 1 && names.length === 1 ? names : namesIn('targets', part.targets, expected, name);
}

function namesIn(
  side: Side,
  rows: Readonly<Record<string, unknown>>,
  expected: readonly string[],
  name: string,
): readonly string[] {
  const names = Object.keys(rows);
  if (expected.length === 1 && names.length === 1 && (names[0] === '' || expected[0] === '')) return names;
  const [missing] = expected.filter((one) => !Object.hasOwn(rows, one));
  const [other] = names.filter((one) => !expected.includes(one));
  if (missing !== undefined || other !== undefined) {
    const listed = (of: readonly string[]) =>
      of.map((one) => (one === '' ? 'rows without a name' : `'${one}'`)).join(', ');
    const received = names.map((one) => one || 'rows without a name').join(', ');
    throw badArgument(`the ${side} of ${name}`, listed(expected), received);
  }
  return expected;
}

/** The same part with other rows for each of its inputs and targets. */
export function mapPart({ inputs, targets }: Part, make: (rows: Rows) => Rows): Part {
  return { inputs: mapNamed(inputs, make), targets: mapNamed(targets, make) };
}

/** The names of a reader's sets in messages. */
export type SetName = 'train' | 'test' | 'validation';

/** The name of some of a set's rows in messages. */
function nameOf(set: SetName, side: Side, name: string): string {
  if (name === '') return side === 'inputs' ? `the ${set} set` : `the ${set} labels`;
  return `${side === 'inputs' ? 'input' : 'target'} '${name}' of the ${set} set`;
}

/**
 * Checks a set.
 * @param like - the training set, whose names and features all sets must have
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for different row counts, for rows without columns and for rows unlike those of
 *   `like`; `ERR_BAD_ARGUMENT` for other names or types; `ERR_NOT_FINITE` for NaN and infinity
 */
export function checkPart(set: SetName, part: Part, like: Part): void {
  const count = countOf(part);
  for (const side of ['inputs', 'targets'] as const) {
    requireNames(set, side, part, like);
    for (const [name, rows] of Object.entries(part[side])) {
      const where = nameOf(set, side, name);
      if (rows.count !== count) throw shapeMismatch(where, `${count} rows`, `${rows.count}`);
      if (side === 'inputs') requireLike(where, rows, like.inputs[name]!);
      // A file of a few bytes could claim any number of rows of nothing.
      if (sizeOf(rows.rowShape) === 0) throw shapeMismatch(where, 'at least one column', '0');
    }
  }
  for (const side of ['inputs', 'targets'] as const) {
    for (const [name, rows] of Object.entries(part[side])) requireFinite(nameOf(set, side, name), rows);
  }
}

function requireNames(set: SetName, side: Side, part: Part, like: Part): void {
  const [expected, received] = [like, part].map((one) => Object.keys(one[side]).sort());
  if (expected!.join('\n') === received!.join('\n')) return;
  const listed = (names: readonly string[]) => (names.includes('') ? 'without names' : names.join(', '));
  throw badArgument(`the ${set} set`, `${side} ${listed(expected!)}, as in the training set,`, listed(received!));
}

function requireLike(where: string, rows: Rows, like: Rows): void {
  const [expected, received] = [sizeOf(like.rowShape), sizeOf(rows.rowShape)];
  if (expected !== received) throw shapeMismatch(where, `${expected} features`, `${received}`);
  const [isIndices, areIndices] = [like, rows].map((one) => rowType(one) === 'int32');
  if (isIndices === areIndices) return;
  const kinds = ['rows of floats', 'rows of int32'];
  throw badArgument(where, kinds[Number(isIndices)]!, kinds[Number(areIndices)]!);
}

/** Rows `from` (included) to `to` (excluded); shares memory. */
export function slicePart(part: Part, from: number, to: number): Part {
  return mapPart(part, (rows) => sliceRows(rows, from, to));
}

/** Copies the rows of a part whose numbers are in `order`, in that order. */
export function takePart(part: Part, order: Int32Array): Part {
  return mapPart(part, (rows) => takeRows(rows, order));
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
export function splitPart(part: Part, k: number, seed: number): { train: Part; test: Part } {
  const { train, test } = splitOrder(countOf(part), k, seed);
  return { train: takePart(part, train), test: takePart(part, test) };
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
