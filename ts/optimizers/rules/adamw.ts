import { flag, fraction, notNegative, positive } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';
import { adamPass } from './adam-pass.js';

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

  override get leavesRows(): boolean {
    return true;
  }

  updatePass(runner: Runner, target: UpdateTarget): void {
    const { weightDecay, ...constants } = this.constants;
    adamPass(runner, target, { ...constants, weightDecay: target.decays ? weightDecay! : 0 });
  }
}
