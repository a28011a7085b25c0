import type { Tensor } from '../tensor.js';
import { PoolLayer } from './pool-layer.js';
import type { PoolOptions } from './pool-windows.js';
import { registerLayer } from './registry.js';
import { imageSizes } from './windows.js';

/**
 * The largest number of each window, channel by channel. Padding takes no part; as in PyTorch, the first of several that
 * are largest gets the delta, and NaN counts as larger than all else.
 */
export class MaxPoolLayer extends PoolLayer {
  override readonly kind = 'max pool';

  protected get type(): string {
    return 'MaxPoolLayer';
  }

  protected get kernels(): string {
    return 'max_pool';
  }

  protected rememberedFor(x: Tensor) {
    return { x };
  }
}

registerLayer('MaxPoolLayer', (fields) => new MaxPoolLayer(fields as unknown as PoolOptions), imageSizes);
