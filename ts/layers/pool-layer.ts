// @internal
import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { type PoolOptions, type PoolWindows, poolWindows } from './pool-windows.js';
import { type ImageShape, requireImages } from './windows.js';

/** The base of pools: windows that slide over each channel, and a number for each window. */
export abstract class PoolLayer extends Layer {
  readonly #windows: PoolWindows;
  #x?: Tensor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other */
  constructor(options: PoolOptions) {
    super();
    this.#windows = poolWindows(options);
  }

  /** The name of the class in configs. */
  protected abstract get type(): string;

  /** Its kernels are called so with `_forward` and `_backward` behind it. */
  protected abstract get kernels(): string;

  /** The arguments of the backward kernel besides the deltas. */
  protected abstract rememberedFor(x: Tensor): Readonly<Record<string, Tensor>>;

  override get inputShape(): ImageShape {
    return this.#windows.inputShape;
  }

  override get config(): LayerConfig {
    return { type: this.type, inputShape: this.inputShape, ...this.#windows.sizes };
  }

  override get parameterShapes() {
    return {};
  }

  override outputShape(input: RowShape): RowShape {
    requireImages(this.inputShape, input);
    return this.#windows.outputShape;
  }

  override forwardPass(runner: Runner, x: Tensor): Tensor {
    const { outputShape, geometry } = this.#windows;
    const y = runner.tensor([x.rows, ...outputShape]);
    runner.run(`${this.kernels}_forward`, { x, y, geometry });
    this.#x = x;
    return y;
  }

  override backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    if (!needsInputDelta) return null;
    const x = this.#x!;
    const dx = runner.tensor(x.shape);
    const { geometry } = this.#windows;
    runner.run(`${this.kernels}_backward`, { ...this.rememberedFor(x), dy, dx, geometry });
    return dx;
  }
}
