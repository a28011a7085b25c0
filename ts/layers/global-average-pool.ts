import { checkOptions } from '../fields.js';
import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { checkedImageShape, type ImageShape, imageSizes, requireImages } from './windows.js';

export interface GlobalAveragePoolOptions {
  /** Rows that are vectors of as many numbers will do as well. */
  readonly inputShape: readonly [channels: number, height: number, width: number];
}

/** The mean of each channel: [rows, channels, height, width] → [rows, channels]. */
export class GlobalAveragePoolLayer extends Layer {
  override readonly kind = 'global average pool';
  readonly #inputShape: ImageShape;
  #x?: Tensor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a shape that is not one of images */
  constructor(options: GlobalAveragePoolOptions) {
    super();
    checkOptions(options, ['inputShape']);
    this.#inputShape = checkedImageShape(options.inputShape);
  }

  override get inputShape(): ImageShape {
    return this.#inputShape;
  }

  override get config(): LayerConfig {
    return { type: 'GlobalAveragePoolLayer', inputShape: this.inputShape };
  }

  override get parameterShapes() {
    return {};
  }

  override outputShape(input: RowShape): RowShape {
    requireImages(this.inputShape, input);
    return [this.inputShape[0]];
  }

  override forwardPass(runner: Runner, x: Tensor): Tensor {
    const y = runner.tensor([x.rows, this.inputShape[0]]);
    runner.run('global_average_pool_forward', { x, y });
    this.#x = x;
    return y;
  }

  override backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    if (!needsInputDelta) return null;
    const dx = runner.tensor(this.#x!.shape);
    runner.run('global_average_pool_backward', { dy, dx });
    return dx;
  }
}

registerLayer(
  'GlobalAveragePoolLayer',
  (fields) => new GlobalAveragePoolLayer(fields as unknown as GlobalAveragePoolOptions),
  imageSizes,
);
