import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { GlobalPoolLayer } from './global-pool.js';
import type { ImageInputOptions } from './images.js';
import { registerLayer } from './registry.js';

/** Options of `GlobalMaxPoolLayer`. */
export interface GlobalMaxPoolOptions extends ImageInputOptions {}

/**
 * The largest number of each channel: [rows, channels, height, width] → [rows, channels]. As in `MaxPoolLayer`, the first of
 * several that are largest gets the gradient, and NaN counts as larger than all else.
 */
export class GlobalMaxPoolLayer extends GlobalPoolLayer {
  override readonly kind = 'global max pool';

  protected override get type(): string {
    return 'GlobalMaxPoolLayer';
  }

  protected override pool(ops: Ops, images: Value): Value {
    return ops.globalMaxPool(images);
  }
}

registerLayer('GlobalMaxPoolLayer', (fields) => new GlobalMaxPoolLayer(fields as GlobalMaxPoolOptions));
