// @internal
import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import type { ImageShape } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';

/** The base of pools over whole images: a number for each channel. */
export abstract class GlobalPoolLayer extends Layer {
  readonly #given: ImageShape | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a shape that is not one of images */
  constructor(options: ImageInputOptions = {}) {
    super();
    checkOptions(options, ['inputShape']);
    this.#given = givenImages(options);
    if (this.#given) this.buildFor([this.#given]);
  }

  /** The name of the class in configs. */
  protected abstract get type(): string;

  /** Adds the operation. */
  protected abstract pool(ops: Ops, images: Value): Value;

  override get inputShape(): RowShape | undefined {
    return this.#given ?? super.inputShape;
  }

  override get config(): LayerConfig {
    return { type: this.type, ...(this.#given && { inputShape: this.#given }) };
  }

  override get parameterShapes() {
    return {};
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    imagesIn(this.#given, row!);
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return this.pool(ops, asImages(ops, x!, imagesIn(this.#given, x!.shape.slice(1))));
  }
}
