import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkFill } from './fill-random.js';
import type { Initializer } from './initializer.js';

/** W = 0. All units of a layer stay equal then; for comparison only. */
export class ZeroInitializer implements Initializer {
  fill(runner: Runner, weights: Tensor): void {
    checkFill(runner, weights);
    weights.data.fill(0);
  }
}
