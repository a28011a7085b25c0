import { badArgument, shapeMismatch } from '../../core/errors.js';
import type { Operand } from '../../runtime/runner.js';
import { sizeOf } from '../../tensor/tensor.js';
import { axisOf, stridesOf } from '../axes.js';
import { withRank } from '../broadcast.js';
import type { Tape } from '../tape.js';
import { Value } from '../value.js';
import { embedding } from './embedding.js';

/**
 * The same numbers in another shape; −1 stands for the length that fits.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for a shape of another size
 */
export function reshape(tape: Tape, x: Value, shape: readonly number[]): Value {
  if (!Array.isArray(shape) || shape.some((length) => !Number.isSafeInteger(length) || length < -1)) {
    throw badArgument("reshape's shape", 'an array of whole numbers', JSON.stringify(shape));
  }
  const open = shape.filter((length) => length === -1).length;
  const known = sizeOf(shape.filter((length) => length !== -1));
  const full = shape.map((length) => (length === -1 ? x.size / known : length));
  if (open > 1 || sizeOf(full) !== x.size || full.some((length) => !Number.isInteger(length))) {
    throw shapeMismatch("reshape's shape", `a product of ${x.size}`, `[${shape.join(', ')}]`);
  }
  return tape.view(x, full);
}

/** Dimensions in another order; without one, the last two are exchanged. */
export function transpose(tape: Tape, x: Value, order?: readonly number[]): Value {
  const { rank } = x;
  const natural = x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const places = (order ?? natural).map((axis) => axisOf('transpose', axis, rank));
  if (places.length !== rank || new Set(places).size !== rank || (order === undefined && rank < 2)) {
    throw badArgument("transpose's order", `each of ${rank} dimensions once`, `[${order ?? ''}]`);
  }
  const strides = stridesOf(x.shape);
  const inverse = places.map((_, i) => places.indexOf(i));
  const shape = places.map((place) => x.shape[place]!);
  const forward = geometryOf(
    0,
    places.map((place) => strides[place]!),
  );
  const resultStrides = stridesOf(shape);
  const backward = geometryOf(
    0,
    inverse.map((place) => resultStrides[place]!),
  );
  return tape.operation(
    shape,
    [x],
    (y) => tape.run('read_view', { x: x.tensor, y, geometry: forward, accumulate: 0 }),
    (dy) =>
      tape.addGradient(x, (dx, accumulate) => tape.run('read_view', { x: dy, y: dx, geometry: backward, accumulate })),
  );
}

/** Which part of a dimension: from `from` (included) to `to` (excluded), every `step`th; negative ends count from the end. */
export interface SliceRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly step?: number | undefined;
}

/**
 * Part of a tensor, as Python's `x[from:to:step]` for each dimension; null stands for all of one.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for more ranges than dimensions, or a step of 0
 */
export function slice(tape: Tape, x: Value, ...ranges: readonly (SliceRange | null)[]): Value {
  if (ranges.length > x.rank) throw badArgument("slice's ranges", `at most ${x.rank}`, ranges.length);
  const strides = stridesOf(x.shape);
  const parts = x.shape.map((length, i) => partOf(ranges[i] ?? {}, length));
  const geometry = geometryOf(
    parts.reduce((offset, { first }, i) => offset + first * strides[i]!, 0),
    parts.map(({ step }, i) => step * strides[i]!),
  );
  return tape.operation(
    parts.map(({ count }) => count),
    [x],
    (y) => tape.run('read_view', { x: x.tensor, y, geometry, accumulate: 0 }),
    (dy) =>
      tape.addGradient(x, (dx, accumulate) => {
        if (accumulate === 0) tape.run('fill', { y: dx, value: 0 });
        tape.run('write_view', { x: dy, y: dx, geometry, accumulate });
      }),
  );
}

/** Where a range begins, how many elements it has, and how far apart they lie; as Python's slice.indices. */
function partOf({ from, to, step = 1 }: SliceRange, length: number): { first: number; count: number; step: number } {
  for (const [name, value] of Object.entries({ from, to, step })) {
    if (value !== undefined && !Number.isInteger(value)) throw badArgument(`slice's ${name}`, 'a whole number', value);
  }
  if (step === 0) throw badArgument("slice's step", 'a whole number other than 0', 0);
  const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
  const within = (end: number | undefined, otherwise: number) =>
    end === undefined ? otherwise : Math.min(Math.max(end < 0 ? end + length : end, lowest), highest);
  const first = within(from, step > 0 ? 0 : length - 1);
  const last = within(to, step > 0 ? length : -1);
  const count = Math.max(0, Math.ceil((last - first) / step));
  return { first: count === 0 ? 0 : first, count, step };
}

/**
 * Values side by side along one dimension, the last by default.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` where the other dimensions differ
 */
export function concatenate(tape: Tape, values: readonly Value[], axis = -1): Value {
  const first = values[0];
  if (!first) throw badArgument("concatenate's values", 'at least one', 'none');
  const place = axisOf('concatenate', axis, first.rank);
  const others = (shape: readonly number[]) => shape.filter((_, i) => i !== place).join();
  for (const { shape } of values) {
    if (shape.length !== first.rank || others(shape) !== others(first.shape)) {
      const texts = values.map((value) => `[${value.shape.join(', ')}]`).join(' and ');
      throw shapeMismatch("concatenate's values", `shapes that differ in dimension ${place} only`, texts);
    }
  }
  const total = values.reduce((length, { shape }) => length + shape[place]!, 0);
  const result = first.shape.map((length, i) => (i === place ? total : length));
  const strides = stridesOf(result);
  let begin = 0;
  const parts = values.map((value) => {
    const geometry = geometryOf(begin * strides[place]!, strides);
    begin += value.shape[place]!;
    return { value, geometry };
  });
  return tape.operation(
    result,
    values,
    (y) => {
      for (const { value, geometry } of parts) {
        if (value.size > 0) tape.run('write_view', { x: value.tensor, y, geometry, accumulate: 0 });
      }
    },
    (dy) => {
      for (const { value, geometry } of parts) {
        tape.addGradient(value, (dx, accumulate) => tape.run('read_view', { x: dy, y: dx, geometry, accumulate }));
      }
    },
  );
}

/**
 * Slices of one dimension by index, in any order and any number of times; negative indices count from the end.
 * @param indices - a list; or, along the first dimension, an int32 value of any shape, whose numbers count from 0: its
 *   dimensions take the place of the first one
 * @param axis - the dimension, the first by default
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an index that there is not
 */
export function gather(tape: Tape, x: Value, indices: readonly number[] | Int32Array | Value, axis = 0): Value {
  const place = axisOf('gather', axis, x.rank);
  if (indices instanceof Value) {
    if (place !== 0) throw badArgument("gather's axis", '0, for indices that are a value,', axis);
    return embedding(tape, x, indices);
  }
  const count = x.shape[place]!;
  const list = Array.from(indices);
  const bad = list.find((index) => !Number.isInteger(index) || index < -count || index >= count);
  if (bad !== undefined) throw badArgument("gather's index", `a whole number from ${-count} to ${count - 1}`, bad);
  const order: Operand = { data: Int32Array.from(list), shape: [list.length] };
  const [outer, inner] = [sizeOf(x.shape.slice(0, place)), sizeOf(x.shape.slice(place + 1))];
  return tape.operation(
    [...x.shape.slice(0, place), list.length, ...x.shape.slice(place + 1)],
    [x],
    (y) =>
      tape.run('gather', {
        x: withRank(x.tensor, 1).reshape([outer, count, inner]),
        indices: order,
        y: y.reshape([outer, list.length, inner]),
      }),
    (dy) =>
      tape.addGradient(x, (dx, accumulate) =>
        tape.run('gather_backward', {
          indices: order,
          dy: dy.reshape([outer, list.length, inner]),
          dx: dx.reshape([outer, count, inner]),
          accumulate,
        }),
      ),
  );
}

/** A view as kernels take it: where it begins, and a stride for each dimension of the other tensor. */
function geometryOf(offset: number, strides: readonly number[]): Operand {
  return { data: Int32Array.of(offset, ...strides), shape: [strides.length + 1] };
}
