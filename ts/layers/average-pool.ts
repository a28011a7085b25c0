import { PoolLayer } from './pool-layer.js';
import type { PoolOptions } from './pool-windows.js';
import { registerLayer } from './registry.js';
import { imageSizes } from './windows.js';

/** The mean of each window, channel by channel. Padding counts as zeros, as in PyTorch by default. */
export class AveragePoolLayer extends PoolLayer {
  override readonly kind = 'average pool';

  protected get type(): string {
    return 'AveragePoolLayer';
  }

  protected get kernels(): string {
    return 'average_pool';
  }

  protected rememberedFor() {
    return {};
  }
}

registerLayer('AveragePoolLayer', (fields) => new AveragePoolLayer(fields as unknown as PoolOptions), imageSizes);
