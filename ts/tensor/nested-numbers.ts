import { type BlasnetError, badArgument, shapeMismatch } from '../core/errors.js';
import type { FloatArray, TensorData } from './tensor.js';

/** Typed arrays whose elements are numbers, not bigints. */
export type NumberArray =
  | FloatArray
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Numbers, rows of numbers, rows of rows, and so on; the innermost lists may be typed arrays. */
export type NestedNumbers = readonly number[] | readonly (NestedNumbers | NumberArray)[];

/** As many dimensions as npz files can hold; a list that contains itself has no end. */
const mostDimensions = 64;

/**
 * The lengths of the first list of each depth, which the others should have; `[1, n]` for a flat list.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for more than 64 dimensions
 */
export function shapeOfNested(values: readonly unknown[]): readonly number[] {
  const lengths: number[] = [];
  let list: unknown = values;
  while (isList(list)) {
    if (lengths.length === mostDimensions) throw badArgument('values', `at most ${mostDimensions} dimensions`, 'more');
    lengths.push(list.length);
    list = list[0];
  }
  return lengths.length === 1 ? [1, ...lengths] : lengths;
}

/**
 * Copies nested numbers, in order.
 * @param shape - what {@link shapeOfNested} gave
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for lists of another length, `ERR_BAD_ARGUMENT` for what is no number; both
 *   say where
 */
export function copyNested(values: readonly unknown[], shape: readonly number[], target: FloatArray): void {
  const path: number[] = []; // where the list that is copied lies
  let at = 0;
  if (isList(values[0])) copyLists(values, 0);
  else copyNumbers(values, target, 0, path);

  function copyLists(lists: readonly unknown[], depth: number): void {
    const length = shape[depth + 1]!;
    const isInnermost = depth + 2 === shape.length;
    path.push(0);
    for (let i = 0; i < shape[depth]!; i++) {
      const list = lists[i];
      path[depth] = i;
      if (!isList(list) || list.length !== length || !(isInnermost || Array.isArray(list))) {
        throw wrongList(list, length, isInnermost ? 'numbers' : 'lists', path);
      }
      if (isInnermost) {
        if (isNumberArray(list)) target.set(list, at);
        else copyNumbers(list, target, at, path);
        at += length;
      } else copyLists(list as readonly unknown[], depth + 1);
    }
    path.pop();
  }
}

/** Numbers of that shape as lists of lists, which `Tensor.from` reads again; a flat list for up to one dimension. */
export function nestedFrom(shape: readonly number[], data: TensorData): NestedNumbers {
  if (shape.length < 2) return Array.from(data);
  const [length, ...rest] = shape as readonly [number, ...number[]];
  const size = data.length / length;
  return Array.from({ length }, (_, i) => nestedFrom(rest, data.subarray(i * size, (i + 1) * size)));
}

/**
 * A loop, since a typed array's `set` makes numbers, or NaN, of anything.
 * @param path - where the list is
 */
function copyNumbers(list: readonly unknown[], target: FloatArray, at: number, path: readonly number[]): void {
  const { length } = list;
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (typeof value !== 'number') throw notNumber(value, [...path, i]);
    target[at + i] = value;
  }
}

function isList(value: unknown): value is readonly unknown[] | NumberArray {
  return Array.isArray(value) || isNumberArray(value);
}

function isNumberArray(value: unknown): value is NumberArray {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return false;
  return !(value instanceof BigInt64Array || value instanceof BigUint64Array);
}

/** Numbers among lists are rows of another length; anything else does not belong there at all. */
function wrongList(received: unknown, length: number, elements: string, path: readonly number[]): BlasnetError {
  const name = path.length === 1 ? `row ${path[0]}` : placeOf(path);
  const expected = `${length} ${elements}`;
  if (typeof received === 'number') return shapeMismatch(name, expected, `${received}`);
  if (isList(received) && received.length !== length) return shapeMismatch(name, expected, `${received.length}`);
  return badArgument(name, expected, received);
}

function notNumber(received: unknown, path: readonly number[]): BlasnetError {
  const [row, column] = path;
  const name = path.length === 2 ? `values in row ${row}, column ${column}` : placeOf(path);
  return badArgument(name, 'a number', received);
}

/** Where a list lies, or a number. */
function placeOf(path: readonly number[]): string {
  return `values[${path.join('][')}]`;
}
