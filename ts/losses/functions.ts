import { shapeMismatch } from '../core/errors.js';
import { EagerRunner, type Runner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { requireTensor, type Tensor } from '../tensor/tensor.js';
import { noClassWeights } from './class-weights.js';

/**
 * Computes the mean squared error Σ (a − y)² / (2m).
 * @param a - outputs, m × outputs
 * @param y - labels of the same shape and dtype
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but tensors, `ERR_SHAPE_MISMATCH`
 */
export function meanSquaredError(a: Tensor, y: Tensor): number {
  return evaluate(a, y, (runner, scalars) => runner.run('mean_squared_error', { a, y, scalars }));
}

/**
 * Computes the binary cross-entropy from logits: −Σ [y ln σ(z) + (1 − y) ln(1 − σ(z))] / m; finite for every finite z.
 * @param z - logits, m × outputs
 * @param y - labels from 0 to 1, of the same shape and dtype
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but tensors, `ERR_SHAPE_MISMATCH`
 */
export function binaryCrossEntropy(z: Tensor, y: Tensor): number {
  return evaluate(z, y, (runner, scalars) =>
    runner.run('binary_cross_entropy', { z, y, classWeights: noClassWeights, scalars }),
  );
}

/**
 * Computes the cross-entropy from logits: −Σ y ln softmax(z) / m, by log-sum-exp; finite for every finite z.
 * @param z - logits, m × classes
 * @param y - one-hot rows, or probabilities that sum to 1, of the same shape and dtype
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but tensors, `ERR_SHAPE_MISMATCH`
 */
export function crossEntropy(z: Tensor, y: Tensor): number {
  return evaluate(z, y, (runner, scalars) => {
    const logSum = runner.tensor([z.rows]);
    runner.run('softmax_forward', { z, a: runner.tensor(z.shape), logSum });
    runner.run('cross_entropy', { z, logSum, y, classWeights: noClassWeights, scalars });
  });
}

function evaluate(a: Tensor, y: Tensor, run: (runner: Runner, scalars: RuntimeScalars) => void): number {
  requireTensor('outputs', a);
  requireTensor('labels', y);
  if (a.rows !== y.rows || a.rowSize !== y.rowSize) {
    throw shapeMismatch('labels', `shape [${a.shape.join(', ')}]`, `[${y.shape.join(', ')}]`);
  }
  const scalars = new RuntimeScalars();
  run(new EagerRunner(a.dtype), scalars);
  return scalars.data[scalars.scalar('batchLoss').index]!;
}
