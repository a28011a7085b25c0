import { badArgument } from '../core/errors.js';
import { checkOptions, fieldsOf } from '../core/fields.js';
import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';
import { choice } from './choice.js';
import { checkFill, fillRandom } from './fill-random.js';
import type { Initializer, InitializerContext } from './initializer.js';

export interface NormalOptions {
  /** Deviation 1/√fanIn instead of 1. */
  readonly scaled?: boolean | undefined;
  /** With `scaled`, 'uniform' draws from U(−1/√fanIn, 1/√fanIn). */
  readonly distribution?: 'normal' | 'uniform' | undefined;
}

/** W from N(0, 1), or scaled by 1/√fanIn (LeCun et al., "Efficient BackProp", 1998). */
export class NormalInitializer implements Initializer {
  readonly #scaled: boolean;
  readonly #uniform: boolean;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option, or one of another value */
  constructor(options: NormalOptions = {}) {
    checkOptions(options, ['scaled', 'distribution'], 'normal');
    const { scaled = false, distribution } = options;
    if (typeof scaled !== 'boolean') throw badArgument('scaled', 'true or false', scaled);
    this.#scaled = scaled;
    this.#uniform = choice('distribution', ['normal', 'uniform'], distribution) === 'uniform';
  }

  fill(runner: Runner, weights: Tensor, context: InitializerContext): void {
    checkFill(runner, weights, fieldsOf('context', context));
    const scale = this.#scaled ? 1 / Math.sqrt(context.fanIn) : 1;
    fillRandom(runner, weights, context, this.#uniform ? { limit: scale } : { deviation: scale });
  }
}
