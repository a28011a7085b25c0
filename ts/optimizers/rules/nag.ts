import { fraction } from '../../constants.js';
import type { Runner } from '../../runner.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/**
 * Nesterov's accelerated gradient: the gradient is taken at θ − αv, where `preUpdate` moves θ; v ← αv + ηg; θ ← θ − v from
 * where it was before that.
 */
export class Nag extends KernelOptimizer {
  static readonly id = 'nag';
  static readonly constants = { momentum: fraction(0.9) };
  readonly name = Nag.id;

  override get stateNames(): readonly string[] {
    return ['velocity', 'origin'];
  }

  override get movesAhead(): boolean {
    return true;
  }

  override preUpdatePass(runner: Runner, { theta, state }: UpdateTarget): void {
    runner.run('nag_peek', { theta, ...state, ...this.constants });
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate }: UpdateTarget): void {
    runner.run('nag_update', { theta, gradient, ...state, learningRate, ...this.constants });
  }
}
