import { checkOptions, fieldsOf } from '../core/fields.js';
import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';
import { choice } from './choice.js';
import { checkFill, fillRandom } from './fill-random.js';
import type { Initializer, InitializerContext } from './initializer.js';

export interface XavierOptions {
  readonly distribution?: 'uniform' | 'normal' | undefined;
}

/**
 * W from U(−√(6/(in+out)), √(6/(in+out))), or from N(0, √(2/(in+out))); for sigmoid and tanh.
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
 */
export class XavierInitializer implements Initializer {
  readonly #uniform: boolean;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option, or one of another value */
  constructor(options: XavierOptions = {}) {
    checkOptions(options, ['distribution'], 'xavier');
    const { distribution } = options;
    this.#uniform = choice('distribution', ['uniform', 'normal'], distribution) === 'uniform';
  }

  fill(runner: Runner, weights: Tensor, context: InitializerContext): void {
    checkFill(runner, weights, fieldsOf('context', context));
    const fans = context.fanIn + context.fanOut;
    fillRandom(
      runner,
      weights,
      context,
      this.#uniform ? { limit: Math.sqrt(6 / fans) } : { deviation: Math.sqrt(2 / fans) },
    );
  }
}
