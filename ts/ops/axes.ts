import { badArgument } from '../core/errors.js';

/** One dimension or several; negative ones count from the last. */
export type Axis = number | readonly number[];

/**
 * The dimensions meant, each from 0 to rank − 1, in rising order; all where none are given.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for one that there is not, or one named twice
 */
export function axesOf(operation: string, axis: Axis | undefined, rank: number): number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  const given: readonly unknown[] = Array.isArray(axis) ? axis : [axis];
  const axes = given.map((one) => axisOf(operation, one, rank));
  if (new Set(axes).size < axes.length) throw badArgument(`${operation}'s axis`, 'each axis once', `[${given}]`);
  return axes.sort((a, b) => a - b);
}

/** One dimension from 0 to rank − 1. */
export function axisOf(operation: string, axis: unknown, rank: number): number {
  if (typeof axis !== 'number' || !Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw badArgument(`${operation}'s axis`, `a whole number from ${-rank} to ${rank - 1}`, axis);
  }
  return axis < 0 ? axis + rank : axis;
}

/** How far apart neighbours of each dimension lie, in numbers, in row-major order. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const length of shape.toReversed()) {
    strides.unshift(step);
    step *= length;
  }
  return strides;
}
