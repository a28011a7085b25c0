import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import type { Initializer } from './initializer.js';

/** W = 0. All units of a layer stay equal then; for comparison only. */
export class ZeroInitializer implements Initializer {
  fill(_runner: Runner, weights: Tensor): void {
    weights.data.fill(0);
  }
}
