import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import type { ImageShape } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Options of `GlobalMaxPoolLayer`. */
export interface GlobalMaxPoolOptions extends ImageInputOptions {}

/**
 * The largest number of each channel: [rows, channels, height, width] → [rows, channels]. As in `MaxPoolLayer`, the first of
 * several that are largest gets the gradient, and NaN counts as larger than all else.
 */
export class GlobalMaxPoolLayer extends Layer {
  override readonly kind = 'global max pool';
  readonly #given: ImageShape | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a shape that is not one of images */
  constructor(options: GlobalMaxPoolOptions = {}) {
    super();
    checkOptions(options, ['inputShape']);
    this.#given = givenImages(options);
    if (this.#given) this.buildFor([this.#given]);
  }

  override get inputShape(): RowShape | undefined {
    return this.#given ?? super.inputShape;
  }

  override get config(): LayerConfig {
    return { type: 'GlobalMaxPoolLayer', ...(this.#given && { inputShape: this.#given }) };
  }

  override get parameterShapes() {
    return {};
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    imagesIn(this.#given, row!);
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return ops.globalMaxPool(asImages(ops, x!, imagesIn(this.#given, x!.shape.slice(1))));
  }
}

registerLayer('GlobalMaxPoolLayer', (fields) => new GlobalMaxPoolLayer(fields as GlobalMaxPoolOptions));
