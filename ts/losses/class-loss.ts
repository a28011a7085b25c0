// @internal
import { shapeMismatch } from '../core/errors.js';
import { type Ops, tapeOf } from '../ops/ops.js';
import { type Logits, Value } from '../ops/value.js';
import type { KernelArgument } from '../runtime/runner.js';
import { Tensor } from '../tensor/tensor.js';
import { requireSameSize } from './row-loss.js';

/** The logits of a softmax; undefined for other outputs. */
export function softmaxOf({ logits }: Value): (Logits & { readonly logSum: Tensor }) | undefined {
  return logits?.kind === 'softmax' && logits.logSum ? (logits as Logits & { readonly logSum: Tensor }) : undefined;
}

/** A kernel of native/losses/class_losses.cc with its constants. */
export interface ClassKernel {
  readonly kernel: 'cross_entropy' | 'sparse_cross_entropy' | 'focal';
  readonly constants?: Readonly<Record<string, KernelArgument>>;
}

/**
 * The loss of each row of a softmax by a kernel that takes its logits. Where a row has several steps, each with
 * classes, it is the mean of them.
 */
export function softmaxLoss(ops: Ops, output: Value, target: Value, { kernel, constants = {} }: ClassKernel): Value {
  const tape = tapeOf(ops);
  const { z, logSum } = softmaxOf(output)!;
  const width = z.shape.at(-1)!;
  const rows = output.size / width;
  const isSparse = kernel === 'sparse_cross_entropy';
  if (isSparse) requireClassNumbers(z, target);
  else requireSameSize(output, target);
  const matrix = (tensor: Tensor) => tensor.reshape([rows, width]);
  const y = isSparse ? target.tensor.reshape([rows]) : matrix(target.tensor);
  const [logits, sums, a] = [matrix(z.tensor), logSum.reshape([rows]), matrix(output.tensor)];
  const losses = tape.operation(
    [rows],
    [z],
    (loss) => tape.run(`${kernel}_rows`, { z: logits, logSum: sums, y, loss, ...constants }),
    (dloss) =>
      tape.addGradient(z, (dz, accumulate) => {
        const known = kernel === 'focal' ? { z: logits, logSum: sums, a } : { a };
        tape.run(`${kernel}_rows_backward`, { ...known, y, dloss, dz: matrix(dz), ...constants, accumulate });
      }),
  );
  return meanOfSteps(ops, output, losses);
}

/** The mean over the steps of each row of a number for each step. */
export function meanOfSteps(ops: Ops, output: Value, losses: Value): Value {
  const rows = output.shape[0]!;
  return losses.size === rows ? ops.reshape(losses, [rows]) : ops.mean(ops.reshape(losses, [rows, -1]), 1);
}

/** @throws BlasnetError `ERR_SHAPE_MISMATCH` unless there is one label for all classes of a row, or of a step */
export function requireClassNumbers(output: Value, target: Value): void {
  if (output.rank > 1 && output.shape[0] === target.shape[0] && target.size * output.shape.at(-1)! === output.size) {
    return;
  }
  const expected = `[${output.shape.slice(0, -1).join(', ')}], the number of a class for each row of outputs,`;
  throw shapeMismatch('labels', `shape ${expected}`, `[${target.shape.join(', ')}]`);
}

/** The numbers of the classes of an output, along its last dimension. */
export function classesAlong(output: Value): Value {
  const classes = output.shape.at(-1)!;
  const numbers = Tensor.zeros([classes], output.tensor.dtype);
  numbers.data.forEach((_, i, data) => {
    data[i] = i;
  });
  return new Value(numbers);
}
