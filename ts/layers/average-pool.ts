import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { Layer, type RowShape } from './layer.js';
import { type PoolOptions, type PoolWindows, poolWindows } from './pool-windows.js';
import { type ImageShape, requireImages } from './windows.js';

/** The mean of each window, channel by channel. Padding counts as zeros, as in PyTorch by default. */
export class AveragePoolLayer extends Layer {
  readonly kind = 'average pool';
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
    runner.run('average_pool_forward', { x, y, geometry: this.#windows.geometry });
    this.#x = x;
    return y;
  }

  backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    if (!needsInputDelta) return null;
    const dx = runner.tensor(this.#x!.shape);
    runner.run('average_pool_backward', { dy, dx, geometry: this.#windows.geometry });
    return dx;
  }
}
