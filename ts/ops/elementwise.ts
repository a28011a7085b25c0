import type { Tensor } from '../tensor/tensor.js';
import { broadcastShape, withRank } from './broadcast.js';
import type { Tape } from './tape.js';
import type { Value, ValueOrNumber } from './value.js';

/** Two operands that broadcast, and the tensors of one rank that kernels take of them. */
export interface Pair {
  readonly shape: readonly number[];
  readonly a: Value;
  readonly b: Value;
  readonly left: Tensor;
  readonly right: Tensor;
  /** A tensor of the result's shape as kernels take it. */
  ranked(tensor: Tensor): Tensor;
}

/** Adds an element-wise operation on two operands that broadcast, by the kernel `kernel(a, b, y, accumulate)`. */
export function binary(
  tape: Tape,
  kernel: string,
  operands: readonly [ValueOrNumber, ValueOrNumber],
  backward?: (pair: Pair, dy: Tensor, y: Tensor) => void,
): Value {
  const [a, b] = [tape.valueOf('a', operands[0]), tape.valueOf('b', operands[1])];
  const shape = broadcastShape(kernel, [a.shape, b.shape]);
  const ranked = (tensor: Tensor) => withRank(tensor, shape.length);
  const pair: Pair = { shape, a, b, left: ranked(a.tensor), right: ranked(b.tensor), ranked };
  return tape.operation(
    shape,
    [a, b],
    (y) => tape.run(kernel, { a: pair.left, b: pair.right, y: ranked(y), accumulate: 0 }),
    backward && ((dy, y) => backward(pair, ranked(dy), ranked(y))),
  );
}

/** Adds an element-wise operation on one operand, by the kernels `kernel(x, y)` and `kernel_backward(x, y, dy, dx)`. */
export function unary(tape: Tape, kernel: string, operand: ValueOrNumber): Value {
  const x = tape.valueOf('x', operand);
  const flat = (tensor: Tensor) => tensor.reshape([tensor.size]);
  return tape.operation(
    x.shape,
    [x],
    (y) => tape.run(kernel, { x: withRank(x.tensor, 1), y: withRank(y, 1) }),
    (dy, y) =>
      tape.addGradient(x, (dx, accumulate) =>
        tape.run(`${kernel}_backward`, { x: flat(x.tensor), y: flat(y), dy: flat(dy), dx: flat(dx), accumulate }),
      ),
  );
}
