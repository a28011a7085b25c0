import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import type { ImageShape } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Options of `GlobalAveragePoolLayer`. */
export interface GlobalAveragePoolOptions extends ImageInputOptions {}

/** The mean of each channel: [rows, channels, height, width] → [rows, channels]. */
export class GlobalAveragePoolLayer extends Layer {
  override readonly kind = 'global average pool';
  readonly #given: ImageShape | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a shape that is not one of images */
  constructor(options: GlobalAveragePoolOptions = {}) {
    super();
    checkOptions(options, ['inputShape']);
    this.#given = givenImages(options);
    if (this.#given) this.buildFor([this.#given]);
  }

  override get inputShape(): RowShape | undefined {
    return this.#given ?? super.inputShape;
  }

  override get config(): LayerConfig {
    return { type: 'GlobalAveragePoolLayer', ...(this.#given && { inputShape: this.#given }) };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    imagesIn(this.#given, row!);
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return ops.globalAveragePool(asImages(ops, x!, imagesIn(this.#given, x!.shape.slice(1))));
  }
}

registerLayer(
  'GlobalAveragePoolLayer',
  (fields) => new GlobalAveragePoolLayer(fields as unknown as GlobalAveragePoolOptions),
);
