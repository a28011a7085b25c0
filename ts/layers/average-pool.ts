import type { Ops } from '../ops/ops.js';
import type { PoolWindow } from '../ops/pool-windows.js';
import type { Value } from '../ops/value.js';
import { PoolLayer, type PoolOptions } from './pool-layer.js';
import { registerLayer } from './registry.js';

/** The mean of each window, channel by channel. Padding counts as zeros, as in PyTorch by default. */
export class AveragePoolLayer extends PoolLayer {
  override readonly kind = 'average pool';

  protected get type(): string {
    return 'AveragePoolLayer';
  }

  protected pool(ops: Ops, images: Value, sizes: PoolWindow): Value {
    return ops.averagePool(images, sizes);
  }
}

registerLayer('AveragePoolLayer', (fields) => new AveragePoolLayer(fields as unknown as PoolOptions));
