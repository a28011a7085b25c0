import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { GlobalPoolLayer } from './global-pool.js';
import type { ImageInputOptions } from './images.js';
import { registerLayer } from './registry.js';

/** Options of `GlobalAveragePoolLayer`. */
export interface GlobalAveragePoolOptions extends ImageInputOptions {}

/** The mean of each channel: [rows, channels, height, width] → [rows, channels]. */
export class GlobalAveragePoolLayer extends GlobalPoolLayer {
  override readonly kind = 'global average pool';

  protected override get type(): string {
    return 'GlobalAveragePoolLayer';
  }

  protected override pool(ops: Ops, images: Value): Value {
    return ops.globalAveragePool(images);
  }
}

registerLayer('GlobalAveragePoolLayer', (fields) => new GlobalAveragePoolLayer(fields as GlobalAveragePoolOptions));
