import { flag, fraction, notNegative, positive } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** Adam with decoupled weight decay: θ shrinks by η · `weightDecay` first, all of it unless `excludeBiasAndNorm`. */
export class AdamW extends KernelOptimizer {
  static readonly id = 'adamW';
  static readonly constants = {
    beta1: fraction(0.9),
    beta2: fraction(0.999),
    epsilon: positive(1e-8),
    weightDecay: notNegative(0.01),
    excludeBiasAndNorm: flag(false),
  };
  readonly name = AdamW.id;

  override get stateNames(): readonly string[] {
    return ['mean', 'squares'];
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate, step, decays }: UpdateTarget): void {
    const { weightDecay, ...constants } = this.constants;
    const decay = { weightDecay: decays ? weightDecay! : 0 };
    runner.run('adam_update', { theta, gradient, ...state, learningRate, ...constants, ...decay, step });
  }
}
