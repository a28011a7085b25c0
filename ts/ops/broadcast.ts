import { shapeMismatch } from '../core/errors.js';
import { sizeOf, type Tensor } from '../tensor/tensor.js';
import type { GradientPass, Tape } from './tape.js';
import type { Value } from './value.js';

/** Kernels that broadcast take tensors of one rank, at least 1. */
export function withRank(tensor: Tensor, rank: number): Tensor {
  const missing = Math.max(rank, 1) - tensor.shape.length;
  return missing === 0 ? tensor : tensor.reshape([...Array.from({ length: missing }, () => 1), ...tensor.shape]);
}

/**
 * The shape that several shapes broadcast to, as in NumPy: dimensions are aligned at the end, and each is of one length
 * or 1.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` that names the operation
 */
export function broadcastShape(operation: string, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = shapes.map((shape) => shape[i - rank + shape.length] ?? 1);
    const length = lengths.find((one) => one !== 1) ?? 1;
    if (lengths.some((one) => one !== 1 && one !== length)) {
      const texts = shapes.map((shape) => `[${shape.join(', ')}]`);
      throw shapeMismatch(`${operation}'s operands`, 'shapes that broadcast to one', texts.join(' and '));
    }
    return length;
  });
}

/**
 * Adds a contribution to the gradient of an operand that was broadcast.
 * @param shape - of the operation's result, which the operand repeats in
 * @param pass - writes the contribution in that shape; it is summed over the dimensions in which the operand repeats
 */
export function addBroadcastGradient(tape: Tape, operand: Value, shape: readonly number[], pass: GradientPass): void {
  const rank = Math.max(shape.length, 1);
  if (operand.size === sizeOf(shape)) {
    tape.addGradient(operand, (target, accumulate) => pass(withRank(target, rank), accumulate));
    return;
  }
  if (!tape.needs(operand)) return;
  const whole = tape.runner.tensor(shape);
  pass(withRank(whole, rank), 0);
  addSummedGradient(tape, operand, whole, 1);
}

/** Adds factor · dy to the gradient of an operand, summed over the dimensions in which the operand repeats. */
export function addSummedGradient(tape: Tape, operand: Value, dy: Tensor, factor: number): void {
  const rank = Math.max(dy.shape.length, 1);
  if (operand.size === dy.size && factor === 1) {
    tape.shareGradient(operand, operand.shape.length === dy.shape.length ? dy : dy.reshape(operand.shape));
  } else if (operand.size === dy.size) {
    tape.addGradient(operand, (target, accumulate) =>
      tape.run('scaled_copy', { x: withRank(dy, rank), y: withRank(target, rank), factor, accumulate }),
    );
  } else {
    tape.addGradient(operand, (target, accumulate) =>
      tape.run('reduce_sum', { x: withRank(dy, rank), y: withRank(target, rank), scale: factor, accumulate }),
    );
  }
}
