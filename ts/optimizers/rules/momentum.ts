import { fraction } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/** v ← αv + ηg; θ ← θ − v; α is `momentum`. */
export class Momentum extends KernelOptimizer {
  static readonly id = 'momentum';
  static readonly constants = { momentum: fraction(0.9) };
  readonly name = Momentum.id;

  override get stateNames(): readonly string[] {
    return ['velocity'];
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate }: UpdateTarget): void {
    runner.run('momentum_update', { theta, gradient, ...state, learningRate, ...this.constants });
  }
}
