import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { sizeOf } from '../tensor/tensor.js';
import { Layer, type LayerConfig } from './layer.js';
import { registerLayer } from './registry.js';

/** Images as vectors: [rows, channels, height, width] → [rows, channels · height · width]. A view, nothing is copied. */
export class FlattenLayer extends Layer {
  override readonly kind = 'flatten';

  override get config(): LayerConfig {
    return { type: 'FlattenLayer' };
  }

  override get parameterShapes() {
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    const [rows, ...row] = x!.shape;
    return row.length === 1 ? x! : ops.reshape(x!, [rows!, sizeOf(row)]);
  }
}

registerLayer('FlattenLayer', () => new FlattenLayer());
