import type { Tensor } from '../tensor.js';
import { PoolLayer } from './pool-layer.js';

/**
 * The largest number of each window, channel by channel. Padding takes no part; as in PyTorch, the first of several that
 * are largest gets the delta, and NaN counts as larger than all else.
 */
export class MaxPoolLayer extends PoolLayer {
  readonly kind = 'max pool';

  protected get kernels(): string {
    return 'max_pool';
  }

  protected rememberedFor(x: Tensor) {
    return { x };
  }
}
