import type { Ops } from '../ops/ops.js';
import { type UpsampleOptions, type Upsampling, upsamplingOf } from '../ops/upsampling.js';
import type { Value } from '../ops/value.js';
import type { ImageShape } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Options of `UpsampleLayer`: either `factor` or `size`. */
export interface UpsampleLayerOptions extends UpsampleOptions, ImageInputOptions {}

/**
 * Images of another size: [rows, channels, height, width] → [rows, channels, …]. 'nearest' repeats pixels; 'bilinear'
 * interpolates between the middles of pixels, as PyTorch with `align_corners=False`, Keras, and ONNX with half_pixel.
 * @example
 * ```ts
 * import { Tensor, UpsampleLayer } from 'blasnet';
 *
 * const layer = new UpsampleLayer({ factor: [1, 2] });
 * layer.forward(Tensor.from([1, 2], [1, 1, 1, 2])).toArray(); // → [ 1, 1, 2, 2 ]
 * new UpsampleLayer({ size: 64, mode: 'bilinear' }).outputShape([3, 28, 28]); // → [ 3, 64, 64 ]
 * ```
 */
export class UpsampleLayer extends Layer {
  override readonly kind = 'upsample';
  readonly #given: ImageShape | undefined;
  readonly #upsampling: Upsampling;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` unless there is either a factor or a size, and for a bad option */
  constructor(options: UpsampleLayerOptions) {
    super();
    const { inputShape, ...size } = options ?? {};
    this.#upsampling = upsamplingOf(size);
    this.#given = givenImages({ inputShape });
    if (this.#given) this.buildFor([this.#given]);
  }

  override get inputShape(): RowShape | undefined {
    return this.#given ?? super.inputShape;
  }

  override get config(): LayerConfig {
    return { type: 'UpsampleLayer', ...(this.#given && { inputShape: this.#given }), ...this.#upsampling.config };
  }

  override get parameterShapes() {
    return {};
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    this.#upsampling.sizeOf(imagesIn(this.#given, row!));
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    const images = asImages(ops, x!, imagesIn(this.#given, x!.shape.slice(1)));
    return ops.upsample(images, this.#upsampling.config as UpsampleOptions);
  }
}

registerLayer('UpsampleLayer', (fields) => new UpsampleLayer(fields as UpsampleLayerOptions));
