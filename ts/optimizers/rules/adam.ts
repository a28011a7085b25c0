import { fraction, positive } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** Moments m and v of g and g², corrected for their start at 0; θ ← θ − η m̂ / (ε + √v̂). */
export class Adam extends KernelOptimizer {
  static readonly id = 'adam';
  static readonly constants = { beta1: fraction(0.9), beta2: fraction(0.999), epsilon: positive(1e-8) };
  readonly name = Adam.id;

  override get stateNames(): readonly string[] {
    return ['mean', 'squares'];
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate, step }: UpdateTarget): void {
    runner.run('adam_update', { theta, gradient, ...state, learningRate, ...this.constants, weightDecay: 0, step });
  }
}
