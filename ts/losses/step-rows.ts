// @internal
import { shapeMismatch } from '../core/errors.js';
import type { Tape } from '../ops/tape.js';
import type { Value } from '../ops/value.js';
import type { Tensor } from '../tensor/tensor.js';
import { labelsLike } from './labels-like.js';

/** A batch of sequences as rows, one for each step. */
export interface StepRows {
  /** n = m·steps rows. */
  readonly output: Value;
  /** Labels, n rows. */
  readonly target: Tensor;
  /** n numbers: 0 for steps that do not count. */
  readonly mask: Tensor;
  readonly steps: number;
}

/** Shape of a row for each step, of an output that has a mask. */
export function stepShape({ shape }: Value): readonly number[] {
  return shape.slice(2);
}

/** Shape of the labels of a step, for labels of a row of that shape. @throws BlasnetError `ERR_SHAPE_MISMATCH` */
export function stepLabelShape(output: Value, labelShape: readonly number[]): readonly number[] {
  const steps = output.shape[1]!;
  const isSame = labelShape.join() === output.shape.slice(1).join();
  if (isSame || (labelShape[0] === steps && labelShape.length > 1)) return labelShape.slice(1);
  const size = labelShape.reduce((product, length) => product * length, 1);
  if (size % steps !== 0) {
    throw shapeMismatch('labels', `rows of ${steps} steps, as those of the output,`, `[${labelShape.join(', ')}]`);
  }
  return size === steps ? [] : [size / steps];
}

/**
 * Sees an output with a mask, and its labels, as rows of steps.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for labels that have not as many steps
 */
export function stepRowsOf(tape: Tape, output: Value, target: Tensor, mask: Value): StepRows {
  const y = labelsLike(output, target);
  const [rows = 0, steps = 0] = output.shape;
  const count = rows * steps;
  const flat = tape.view(output, [count, ...stepShape(output)]);
  const { logits } = output;
  if (logits) {
    const { kind, z, logSum } = logits;
    flat.logits = { kind, z: tape.view(z, [count, ...z.shape.slice(2)]), logSum: logSum?.reshape([count]) };
  }
  const labels = y.reshape([count, ...stepLabelShape(output, y.shape.slice(1))]);
  return { output: flat, target: labels, mask: mask.tensor.reshape([count]), steps };
}
