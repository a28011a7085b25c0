import { shapeMismatch } from '../errors.js';
import { EagerRunner, type Runner } from '../runner.js';
import { Slots } from '../slots.js';
import { requireTensor, type Tensor } from '../tensor.js';
import { noClassWeights } from './class-weights.js';

/** Mean squared error: Σ (a − y)² / (2m). */
export function meanSquaredError(a: Tensor, y: Tensor): number {
  return evaluate(a, y, (runner, slots) => runner.run('mean_squared_error', { a, y, slots }));
}

/** CE2, from the logits z: −Σ [y ln σ(z) + (1 − y) ln(1 − σ(z))] / m; finite for every finite z. */
export function binaryCrossEntropy(z: Tensor, y: Tensor): number {
  return evaluate(z, y, (runner, slots) =>
    runner.run('binary_cross_entropy', { z, y, classWeights: noClassWeights, slots }),
  );
}

/** CE3, from the logits z: −Σ y ln softmax(z) / m, by log-sum-exp; finite for every finite z. */
export function crossEntropy(z: Tensor, y: Tensor): number {
  return evaluate(z, y, (runner, slots) => {
    const logSum = runner.tensor([z.rows]);
    runner.run('softmax_forward', { z, a: runner.tensor(z.shape), logSum });
    runner.run('cross_entropy', { z, logSum, y, classWeights: noClassWeights, slots });
  });
}

function evaluate(a: Tensor, y: Tensor, run: (runner: Runner, slots: Slots) => void): number {
  requireTensor('outputs', a);
  requireTensor('labels', y);
  if (a.rows !== y.rows || a.rowSize !== y.rowSize) {
    throw shapeMismatch('labels', `shape [${a.shape.join(', ')}]`, `[${y.shape.join(', ')}]`);
  }
  const slots = new Slots();
  run(new EagerRunner(a.dtype), slots);
  return slots.data[slots.slot('batchLoss').index]!;
}
