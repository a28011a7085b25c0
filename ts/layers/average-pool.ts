import { PoolLayer } from './pool-layer.js';

/** The mean of each window, channel by channel. Padding counts as zeros, as in PyTorch by default. */
export class AveragePoolLayer extends PoolLayer {
  readonly kind = 'average pool';

  protected get kernels(): string {
    return 'average_pool';
  }

  protected rememberedFor() {
    return {};
  }
}
