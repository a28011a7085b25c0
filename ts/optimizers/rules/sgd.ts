import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** Stochastic gradient descent: θ ← θ − ηg. */
export class Sgd extends KernelOptimizer {
  static readonly id = 'sgd';
  static readonly constants = {};
  readonly name = Sgd.id;

  updatePass(runner: Runner, { theta, gradient, learningRate }: UpdateTarget): void {
    runner.run('sgd_update', { theta, gradient, learningRate });
  }
}
