import { fraction } from '../../core/constants.js';
import type { Runner } from '../../runtime/runner.js';
import type { Tensor } from '../../tensor/tensor.js';
import { KernelOptimizer, type UpdateTarget } from '../optimizer.js';

/**
 * Nesterov's accelerated gradient: the gradient is taken at w − αv; v ← αv + ηg; w ← w − v. Between `beginPass` and `endPass`,
 * θ is w − αv, and `origin` holds the weights w.
 */
export class Nag extends KernelOptimizer {
  static readonly id = 'nag';
  static readonly constants = { momentum: fraction(0.9) };
  readonly name = Nag.id;

  override get stateNames(): readonly string[] {
    return ['velocity', 'origin'];
  }

  override beginPass(runner: Runner, { theta, state }: UpdateTarget): void {
    runner.run('nag_begin', { theta, ...state, ...this.constants });
  }

  updatePass(runner: Runner, { theta, gradient, state, learningRate }: UpdateTarget): void {
    runner.run('nag_update', { theta, gradient, ...state, learningRate, ...this.constants });
  }

  override endPass(runner: Runner, { theta, state }: UpdateTarget): void {
    runner.run('copy_rows', { source: state.origin!, firstRow: 0, divisor: 1, x: theta });
  }

  override weightsIn({ state }: UpdateTarget): Tensor {
    return state.origin!;
  }
}
