// @internal
import { fieldsOf } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import { type PoolSizes, type PoolWindow, poolSizes, poolWindows } from '../ops/pool-windows.js';
import type { Value } from '../ops/value.js';
import type { ImageShape } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';

/** Options of pools. */
export interface PoolOptions extends PoolWindow, ImageInputOptions {}

/** The base of pools: windows that slide over each channel, and a number for each window. */
export abstract class PoolLayer extends Layer {
  readonly #given: ImageShape | undefined;
  readonly #sizes: PoolSizes;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other */
  constructor(options: PoolOptions) {
    super();
    const { inputShape, ...window } = fieldsOf('options', options);
    this.#sizes = poolSizes(window);
    this.#given = givenImages({ inputShape });
    if (this.#given) this.buildFor([this.#given]);
  }

  /** The name of the class in configs. */
  protected abstract get type(): string;

  /** Adds the operation. */
  protected abstract pool(ops: Ops, images: Value, sizes: PoolWindow): Value;

  override get inputShape(): RowShape | undefined {
    return this.#given ?? super.inputShape;
  }

  override get config(): LayerConfig {
    return { type: this.type, ...(this.#given && { inputShape: this.#given }), ...this.#sizes };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    poolWindows(imagesIn(this.#given, row!), this.#sizes);
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return this.pool(ops, asImages(ops, x!, imagesIn(this.#given, x!.shape.slice(1))), this.#sizes);
  }
}
