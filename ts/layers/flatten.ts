import type { Runner } from '../runner.js';
import { checkedShape, sizeOf, type Tensor } from '../tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Images as vectors: [rows, channels, height, width] → [rows, channels · height · width]. A view, nothing is copied. */
export class FlattenLayer extends Layer {
  override readonly kind = 'flatten';
  #shape: readonly number[] = [];

  override get config(): LayerConfig {
    return { type: 'FlattenLayer' };
  }

  override get parameterShapes() {
    return {};
  }

  override outputShape(input: RowShape): RowShape {
    return [sizeOf(checkedShape(input, 'input'))];
  }

  override forwardPass(_runner: Runner, x: Tensor): Tensor {
    this.#shape = x.shape;
    return x.reshape([x.rows, x.rowSize]);
  }

  override backwardPass(_runner: Runner, dy: Tensor): Tensor {
    return dy.reshape(this.#shape);
  }
}

registerLayer('FlattenLayer', () => new FlattenLayer());
