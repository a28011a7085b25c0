import type { Ops } from '../ops/ops.js';
import type { PoolWindow } from '../ops/pool-windows.js';
import type { Value } from '../ops/value.js';
import { PoolLayer, type PoolOptions } from './pool-layer.js';
import { registerLayer } from './registry.js';

/**
 * The largest number of each window, channel by channel. Padding takes no part; as in PyTorch, the first of several that
 * are largest gets the delta, and NaN counts as larger than all else.
 */
export class MaxPoolLayer extends PoolLayer {
  override readonly kind = 'max pool';

  protected get type(): string {
    return 'MaxPoolLayer';
  }

  protected pool(ops: Ops, images: Value, sizes: PoolWindow): Value {
    return ops.maxPool(images, sizes);
  }
}

registerLayer('MaxPoolLayer', (fields) => new MaxPoolLayer(fields as unknown as PoolOptions));
