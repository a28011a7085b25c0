// @internal
import { shapeMismatch } from '../core/errors.js';
import { type Ops, tapeOf } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import type { Tensor } from '../tensor/tensor.js';

/** The least probability of which losses take the logarithm, where they know no logits. */
export const leastProbability = 1e-7;

/**
 * A kernel of native/losses/row_losses.cc: its constants, and whether a row's loss is a mean or a sum over its
 * outputs.
 */
export interface RowKernel {
  readonly kernel: string;
  readonly first?: number;
  readonly second?: number;
  /** A row's loss is this times the sum; default 1 / outputs, a mean. */
  readonly scale?: number;
}

/** The loss of each row by a kernel that compares outputs and labels number by number. */
export function rowLoss(ops: Ops, output: Value, target: Value, options: RowKernel): Value {
  requireSameSize(output, target);
  const tape = tapeOf(ops);
  const rows = output.shape[0] ?? 1;
  const width = output.size / Math.max(1, rows);
  const { kernel, first = 0, second = 0, scale = 1 / Math.max(1, width) } = options;
  const matrix = (tensor: Tensor) => tensor.reshape([rows, width]);
  const [a, y] = [matrix(output.tensor), matrix(target.tensor)];
  return tape.operation(
    [rows],
    [output],
    (loss) => tape.run(`${kernel}_rows`, { a, y, loss, first, second, scale }),
    (dloss) =>
      tape.addGradient(output, (da, accumulate) =>
        tape.run(`${kernel}_rows_backward`, { a, y, dloss, da: matrix(da), first, second, scale, accumulate }),
      ),
  );
}

type Sized = Pick<Value, 'shape' | 'size'>;

/** @throws BlasnetError `ERR_SHAPE_MISMATCH` unless there is a label for each number of the output */
export function requireSameSize(output: Sized, target: Sized): void {
  if (output.shape[0] === target.shape[0] && output.size === target.size) return;
  throw shapeMismatch('labels', `shape [${output.shape.join(', ')}]`, `[${target.shape.join(', ')}]`);
}

/** All dimensions but the first, which counts rows. */
export function rowAxes({ rank }: Value): number[] {
  return Array.from({ length: Math.max(0, rank - 1) }, (_, i) => i + 1);
}
