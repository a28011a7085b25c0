import { badArgument } from '../../core/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { unary } from '../elementwise.js';
import type { Tape } from '../tape.js';
import type { Value, ValueOrNumber } from '../value.js';

/** |x|; its gradient at 0 is 0. */
export function abs(tape: Tape, x: ValueOrNumber): Value {
  return unary(tape, 'absolute', x);
}

/** eˣ */
export function exp(tape: Tape, x: ValueOrNumber): Value {
  return unary(tape, 'exponential', x);
}

/** ln x: −∞ for 0 and NaN below */
export function log(tape: Tape, x: ValueOrNumber): Value {
  return unary(tape, 'logarithm', x);
}

/** √x */
export function sqrt(tape: Tape, x: ValueOrNumber): Value {
  return unary(tape, 'square_root', x);
}

/**
 * x brought to [low, high]; the gradient passes where x lies within.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` unless low ≤ high
 */
export function clip(tape: Tape, x: ValueOrNumber, low: number, high: number): Value {
  if (!(typeof low === 'number' && typeof high === 'number' && low <= high)) {
    throw badArgument("clip's bounds", 'numbers low ≤ high', `${low} and ${high}`);
  }
  const value = tape.valueOf('x', x);
  const flat = (tensor: Tensor) => tensor.reshape([tensor.size]);
  return tape.operation(
    value.shape,
    [value],
    (y) => tape.run('clip', { x: flat(value.tensor), y: flat(y), low, high }),
    (dy) =>
      tape.addGradient(value, (dx, accumulate) =>
        tape.run('clip_backward', { x: flat(value.tensor), dy: flat(dy), dx: flat(dx), low, high, accumulate }),
      ),
  );
}
