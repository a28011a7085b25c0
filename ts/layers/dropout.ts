import { badArgument } from '../errors.js';
import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Masks draw from sequences of their own: initialisers use those from 0 on, a small number for each layer. */
const firstStream = 2 ** 31;

/**
 * Inverted dropout (Srivastava et al. 2014): in training each number becomes 0 with probability `rate`, and is
 * multiplied by 1/(1 − rate) otherwise; inference leaves all as it is. Which numbers are dropped depends on the net's
 * seed, the layer's place in the net, and the number of the training step, on nothing else.
 */
export class DropoutLayer extends Layer {
  override readonly kind = 'dropout';
  readonly rate: number;
  #mask: Tensor | undefined;

  /**
   * @param rate - from 0, which drops nothing, to less than 1
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another rate
   */
  constructor(rate: number) {
    super();
    if (typeof rate !== 'number' || !(rate >= 0 && rate < 1)) throw badArgument('rate', 'a number in [0, 1)', rate);
    this.rate = rate;
  }

  override get config(): LayerConfig {
    return { type: 'DropoutLayer', rate: this.rate };
  }

  override get parameterShapes() {
    return {};
  }

  override outputShape(input: RowShape): RowShape {
    return input;
  }

  override forwardPass(runner: Runner, x: Tensor, training: boolean): Tensor {
    this.#mask = undefined;
    if (!training || this.rate === 0) return x;
    const [y, mask] = [runner.tensor(x.shape), runner.tensor(x.shape)];
    const stream = firstStream + this.setup.stream;
    runner.run('dropout_forward', { x, y, mask, rate: this.rate, seed: this.setup.seed, stream, step: runner.step });
    this.#mask = mask;
    return y;
  }

  override backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    if (!this.#mask) return dy;
    if (!needsInputDelta) return null;
    const dx = runner.tensor(dy.shape);
    runner.run('dropout_backward', { dy, mask: this.#mask, dx });
    return dx;
  }
}

registerLayer('DropoutLayer', ({ rate }) => new DropoutLayer(rate as number));
