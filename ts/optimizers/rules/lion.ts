import { flag, fraction, notNegative } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** Steps of one length: c = β₁m + (1 − β₁)g; θ ← θ − η (sign(c) + λθ), λ being `weightDecay`; m ← β₂m + (1 − β₂)g. */
export class Lion extends KernelOptimizer {
  static readonly id = 'lion';
  static readonly constants = {
    beta1: fraction(0.9),
    beta2: fraction(0.99),
    weightDecay: notNegative(0),
    excludeBiasAndNorm: flag(false),
  };
  readonly name = Lion.id;

  override get stateNames(): readonly string[] {
    return ['mean'];
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate, decays }: UpdateTarget): void {
    const { weightDecay, ...constants } = this.constants;
    const decay = { weightDecay: decays ? weightDecay! : 0 };
    runner.run('lion_update', { theta, gradient, ...state, learningRate, ...constants, ...decay });
  }
}
