import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { Layer, type RowShape } from './layer.js';
import { type PoolOptions, type PoolWindows, poolWindows } from './pool-windows.js';
import { type ImageShape, requireImages } from './windows.js';

/**
 * The largest number of each window, channel by channel. Padding takes no part; as in PyTorch, the first of several that
 * are largest gets the delta, and NaN counts as larger than all else.
 */
export class MaxPoolLayer extends Layer {
  readonly kind = 'max pool';
  readonly #windows: PoolWindows;
  #x?: Tensor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other */
  constructor(options: PoolOptions) {
    super();
    this.#windows = poolWindows(options);
  }

  override get inputShape(): ImageShape {
    return this.#windows.inputShape;
  }

  outputShape(input: RowShape): RowShape {
    requireImages(this.inputShape, input);
    return this.#windows.outputShape;
  }

  forwardPass(runner: Runner, x: Tensor): Tensor {
    const y = runner.tensor([x.rows, ...this.#windows.outputShape]);
    runner.run('max_pool_forward', { x, y, geometry: this.#windows.geometry });
    this.#x = x;
    return y;
  }

  backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    if (!needsInputDelta) return null;
    const x = this.#x!;
    const dx = runner.tensor(x.shape);
    runner.run('max_pool_backward', { x, dy, dx, geometry: this.#windows.geometry });
    return dx;
  }
}
