import { checkedRate } from '../ops/dropout-draw.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import type { CallContext } from './composition.js';
import { Layer, type LayerConfig } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { registerLayer } from './registry.js';

/**
 * Inverted dropout (Srivastava et al. 2014): in training each number becomes 0 with probability `rate`, and is
 * multiplied by 1/(1 − rate) otherwise; inference leaves all as it is. Which numbers are dropped depends on the net's
 * seed, the layer's place in the net, and the number of the training step, on nothing else.
 */
export class DropoutLayer extends Layer {
  override readonly kind = 'dropout';
  readonly rate: number;

  /**
   * @param rate - from 0, which drops nothing, to less than 1
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another rate
   */
  constructor(rate: number) {
    super();
    this.rate = checkedRate('rate', rate);
  }

  override get config(): LayerConfig {
    return { type: 'DropoutLayer', rate: this.rate };
  }

  override get parameterShapes() {
    return {};
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [x]: readonly Value[], _parameters: object, { training }: CallContext): Value {
    if (!training) return x!;
    const { seed, stream } = this.setup;
    return ops.dropout(x!, this.rate, { seed, stream });
  }

  /** Dropout does nothing in inference, but keeps the rate for further training. */
  override toOnnx(onnx: OnnxBuilder, [x]: readonly string[]): string {
    return onnx.node('Dropout', [x!, onnx.floats([this.rate], [])]);
  }
}

registerLayer('DropoutLayer', ({ rate }) => new DropoutLayer(rate as number));
