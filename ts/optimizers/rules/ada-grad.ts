import { positive } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** r ← r + g²; θ ← θ − η g / (ε + √r). */
export class AdaGrad extends KernelOptimizer {
  static readonly id = 'adaGrad';
  static readonly constants = { epsilon: positive(1e-6) };
  readonly name = AdaGrad.id;

  override get stateNames(): readonly string[] {
    return ['squares'];
  }

  /** It leaves all numbers alone whose gradient is 0. */
  override get leavesRows(): boolean {
    return true;
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate }: UpdateTarget): void {
    runner.run('ada_grad_update', { theta, gradient, ...state, learningRate, ...this.constants });
  }
}
