import { badArgument, shapeMismatch } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/**
 * The dimensions of a row in another order.
 * @example
 * ```ts
 * import { PermuteLayer } from 'blasnet';
 *
 * new PermuteLayer([1, 2, 0]).outputShape([3, 28, 32]); // → [ 28, 32, 3 ]
 * ```
 */
export class PermuteLayer extends Layer {
  override readonly kind = 'permute';
  readonly order: readonly number[];

  /**
   * @param order - for each dimension of an output row, which dimension of the input row it is; they count from 0, and the
   *   dimension of the batch is none of them
   * @throws BlasnetError `ERR_BAD_ARGUMENT` unless each of 0 … n − 1 is there once
   */
  constructor(order: readonly number[]) {
    super();
    const isWhole = Array.isArray(order) && order.length > 0 && order.every((_, i) => order.includes(i));
    if (!isWhole) {
      const isText = Array.isArray(order) && order.every((place) => typeof place === 'number');
      const received = isText ? `[${order.join(', ')}]` : order;
      throw badArgument('order', 'each dimension of a row once, counted from 0', received);
    }
    this.order = Object.freeze([...order]);
  }

  override get config(): LayerConfig {
    return { type: 'PermuteLayer', order: this.order };
  }

  override get parameterShapes() {
    return {};
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const { length } = this.order;
    if (row!.length !== length) {
      const expected = `rows of ${length} dimension${length === 1 ? '' : 's'}`;
      throw shapeMismatch('input', expected, `rows of shape [${row!.join(', ')}]`);
    }
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return ops.transpose(x!, [0, ...this.order.map((place) => place + 1)]);
  }

  /** None: the steps of the output are others. */
  protected override maskOf(): undefined {
    return undefined;
  }
}

registerLayer('PermuteLayer', ({ order }) => new PermuteLayer(order as number[]));
