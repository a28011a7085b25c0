import { fraction, positive } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** r ← pr + (1 − p)g²; θ ← θ − η g / √(ε + r); p is `decay`. */
export class RmsProp extends KernelOptimizer {
  static readonly id = 'rmsProp';
  static readonly constants = { decay: fraction(0.9), epsilon: positive(1e-6) };
  readonly name = RmsProp.id;

  override get stateNames(): readonly string[] {
    return ['squares'];
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate }: UpdateTarget): void {
    runner.run('rms_prop_update', { theta, gradient, ...state, learningRate, ...this.constants });
  }
}
