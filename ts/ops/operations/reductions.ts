import { checkOptions } from '../../core/fields.js';
import { type Axis, axesOf } from '../axes.js';
import { withRank } from '../broadcast.js';
import type { Tape } from '../tape.js';
import type { Value, ValueOrNumber } from '../value.js';

export interface ReductionOptions {
  /** Whether the dimensions stay, with length 1; default false. */
  readonly keepDims?: boolean | undefined;
}

/** Sum over some dimensions, or over all. */
export function sum(tape: Tape, x: ValueOrNumber, axis?: Axis, options: ReductionOptions = {}): Value {
  return scaledSum(tape, 'sum', tape.valueOf('x', x), axis, options, () => 1);
}

/** Mean over some dimensions, or over all. */
export function mean(tape: Tape, x: ValueOrNumber, axis?: Axis, options: ReductionOptions = {}): Value {
  return scaledSum(tape, 'mean', tape.valueOf('x', x), axis, options, (count) => 1 / count);
}

/** Largest number over some dimensions, or over all; where several are largest they share the gradient evenly. */
export function max(tape: Tape, x: ValueOrNumber, axis?: Axis, options: ReductionOptions = {}): Value {
  return choice(tape, 'max', tape.valueOf('x', x), axis, options);
}

/** Smallest number over some dimensions, or over all. */
export function min(tape: Tape, x: ValueOrNumber, axis?: Axis, options: ReductionOptions = {}): Value {
  return choice(tape, 'min', tape.valueOf('x', x), axis, options);
}

/** The result's shape, and the same with 1 for each dimension that is gone. */
function shapesOf(operation: string, x: Value, axis: Axis | undefined, options: ReductionOptions) {
  checkOptions(options, ['keepDims']);
  const axes = axesOf(operation, axis, x.rank);
  const kept = x.shape.map((length, i) => (axes.includes(i) ? 1 : length));
  const shape = options.keepDims ? kept : kept.filter((_, i) => !axes.includes(i));
  return { shape, kept: kept.length === 0 ? [1] : kept };
}

function scaledSum(
  tape: Tape,
  operation: string,
  x: Value,
  axis: Axis | undefined,
  options: ReductionOptions,
  scaleOf: (count: number) => number,
): Value {
  const { shape, kept } = shapesOf(operation, x, axis, options);
  const count = x.size / kept.reduce((product, length) => product * length, 1);
  const scale = scaleOf(count);
  const ranked = withRank(x.tensor, 1);
  return tape.operation(
    shape,
    [x],
    (y) => tape.run('reduce_sum', { x: ranked, y: y.reshape(kept), scale, accumulate: 0 }),
    (dy) =>
      tape.addGradient(x, (dx, accumulate) =>
        tape.run('scaled_copy', { x: dy.reshape(kept), y: withRank(dx, 1), factor: scale, accumulate }),
      ),
  );
}

function choice(
  tape: Tape,
  operation: 'max' | 'min',
  x: Value,
  axis: Axis | undefined,
  options: ReductionOptions,
): Value {
  const { shape, kept } = shapesOf(operation, x, axis, options);
  const ranked = withRank(x.tensor, 1);
  return tape.operation(
    shape,
    [x],
    (y) => tape.run(`reduce_${operation}`, { x: ranked, y: y.reshape(kept), scale: 1, accumulate: 0 }),
    (dy, y) =>
      tape.addGradient(x, (dx, accumulate) =>
        tape.run('reduce_choice_backward', {
          x: ranked,
          y: y.reshape(kept),
          dy: dy.reshape(kept),
          dx: withRank(dx, 1),
          accumulate,
        }),
      ),
  );
}
