import { fraction, positive } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** Adam whose v̂ is the largest so far, so that no rate of a number ever grows. */
export class AmsGrad extends KernelOptimizer {
  static readonly id = 'amsGrad';
  static readonly constants = { beta1: fraction(0.9), beta2: fraction(0.999), epsilon: positive(1e-8) };
  readonly name = AmsGrad.id;

  override get stateNames(): readonly string[] {
    return ['mean', 'squares', 'largest'];
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate, step }: UpdateTarget): void {
    runner.run('ams_grad_update', { theta, gradient, ...state, learningRate, ...this.constants, step });
  }
}
