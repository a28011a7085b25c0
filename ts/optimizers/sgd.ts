import type { KernelArgument, Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { KernelOptimizer } from './optimizer.js';

/** Stochastic gradient descent: θ ← θ − ηg. */
export class Sgd extends KernelOptimizer {
  readonly name = 'sgd';

  updatePass(runner: Runner, theta: Tensor, gradient: Tensor, learningRate: KernelArgument): void {
    runner.run('sgd_update', { theta, gradient, learningRate });
  }
}
