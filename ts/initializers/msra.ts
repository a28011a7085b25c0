import { checkOptions, fieldsOf } from '../core/fields.js';
import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';
import { choice } from './choice.js';
import { checkFill, fillRandom } from './fill-random.js';
import type { Initializer, InitializerContext } from './initializer.js';

export interface MsraOptions {
  /** Which fan sets the deviation: that of the inputs keeps forward variances, that of the outputs backward ones. */
  readonly mode?: 'fanIn' | 'fanOut' | undefined;
  readonly distribution?: 'normal' | 'uniform' | undefined;
}

/**
 * W from N(0, √(2/fan)), or from the uniform distribution of the same deviation, U(−√(6/fan), √(6/fan)); for relu.
 * Source: He et al., "Delving Deep into Rectifiers", 2015.
 */
export class MsraInitializer implements Initializer {
  readonly #fanOut: boolean;
  readonly #uniform: boolean;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option, or one of another value */
  constructor(options: MsraOptions = {}) {
    checkOptions(options, ['mode', 'distribution'], 'msra');
    const { mode, distribution } = options;
    this.#fanOut = choice('mode', ['fanIn', 'fanOut'], mode) === 'fanOut';
    this.#uniform = choice('distribution', ['normal', 'uniform'], distribution) === 'uniform';
  }

  fill(runner: Runner, weights: Tensor, context: InitializerContext): void {
    checkFill(runner, weights, fieldsOf('context', context));
    const fan = this.#fanOut ? context.fanOut : context.fanIn;
    fillRandom(
      runner,
      weights,
      context,
      this.#uniform ? { limit: Math.sqrt(6 / fan) } : { deviation: Math.sqrt(2 / fan) },
    );
  }
}
