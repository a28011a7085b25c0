// @internal
import type { Runner } from '../../runtime/runner.js';
import type { UpdateTarget } from '../optimizer.js';

/**
 * Records a step of Adam: of all numbers, or of the rows that have a gradient, as `torch.optim.SparseAdam` has it.
 * @param constants - β₁, β₂, ε and the weight decay
 */
export function adamPass(
  runner: Runner,
  { theta, gradient, state, learningRate, step, rowSize }: UpdateTarget,
  constants: Readonly<Record<string, number>>,
): void {
  if (rowSize === undefined) {
    runner.run('adam_update', { theta, gradient, ...state, learningRate, ...constants, step });
    return;
  }
  const arrays = Object.entries({ theta, gradient, ...state });
  const tables = arrays.map(([name, array]) => [name, array.reshape([array.size / rowSize, rowSize])] as const);
  runner.run('lazy_adam_update', { ...Object.fromEntries(tables), learningRate, ...constants, step });
}
