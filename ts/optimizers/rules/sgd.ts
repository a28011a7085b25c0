import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** Stochastic gradient descent: θ ← θ − ηg. */
export class Sgd extends KernelOptimizer {
  static readonly id = 'sgd';
  static readonly constants = {};
  readonly name = Sgd.id;

  /** It leaves all numbers alone whose gradient is 0. */
  override get leavesRows(): boolean {
    return true;
  }

  updatePass(runner: Runner, { theta, gradient, learningRate }: UpdateTarget): void {
    runner.run('sgd_update', { theta, gradient, learningRate });
  }
}
