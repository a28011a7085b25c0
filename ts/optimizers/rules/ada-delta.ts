import { fraction, positive } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** s ← αs + (1 − α)g²; d = √((ε + r) / (ε + s)) g; θ ← θ − d; r ← αr + (1 − α)d²; α is `decay`. No learning rate. */
export class AdaDelta extends KernelOptimizer {
  static readonly id = 'adaDelta';
  static readonly constants = { decay: fraction(0.9), epsilon: positive(1e-5) };
  readonly name = AdaDelta.id;

  override get stateNames(): readonly string[] {
    return ['squares', 'deltas'];
  }

  updatePass(runner: Runner, { theta, gradient, state }: UpdateTarget): void {
    runner.run('ada_delta_update', { theta, gradient, ...state, ...this.constants });
  }
}
