import { badArgument, shapeMismatch } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { sizeOf } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/**
 * The same numbers in rows of another shape. A view, nothing is copied.
 * @example
 * ```ts
 * import { ReshapeLayer } from 'blasnet';
 *
 * new ReshapeLayer([1, 28, 28]).outputShape([784]); // → [ 1, 28, 28 ]
 * new ReshapeLayer([7, -1]).outputShape([4, 7, 3]); // → [ 7, 12 ]
 * ```
 */
export class ReshapeLayer extends Layer {
  override readonly kind = 'reshape';
  readonly rowShape: RowShape;

  /**
   * @param rowShape - of a row of the output; one −1 stands for the length that fits
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but whole numbers above 0 and at most one −1
   */
  constructor(rowShape: RowShape) {
    super();
    const isLength = (length: unknown) => Number.isSafeInteger(length) && ((length as number) > 0 || length === -1);
    if (!Array.isArray(rowShape) || !rowShape.every(isLength) || rowShape.filter((n) => n === -1).length > 1) {
      const expected = 'a list of whole numbers above 0, with at most one -1';
      const isText = Array.isArray(rowShape) && rowShape.every((length) => typeof length === 'number');
      throw badArgument('rowShape', expected, isText ? `[${rowShape.join(', ')}]` : rowShape);
    }
    this.rowShape = Object.freeze([...rowShape]);
  }

  override get config(): LayerConfig {
    return { type: 'ReshapeLayer', rowShape: this.rowShape };
  }

  override get parameterShapes() {
    return {};
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    this.#shapeFor(row!);
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    const [rows, ...row] = x!.shape;
    return ops.reshape(x!, [rows!, ...this.#shapeFor(row)]);
  }

  /** None: the steps of the output are others. */
  protected override maskOf(): undefined {
    return undefined;
  }

  #shapeFor(row: RowShape): RowShape {
    const size = sizeOf(row);
    const open = size / sizeOf(this.rowShape.filter((length) => length !== -1));
    const shape = this.rowShape.map((length) => (length === -1 ? open : length));
    if (sizeOf(shape) !== size || !Number.isInteger(sizeOf(shape)) || !shape.every(Number.isInteger)) {
      const expected = `rows of as many numbers as [${this.rowShape.join(', ')}]`;
      throw shapeMismatch('input', expected, `rows of shape [${row.join(', ')}]`);
    }
    return shape;
  }
}

registerLayer('ReshapeLayer', ({ rowShape }) => new ReshapeLayer(rowShape as RowShape));
