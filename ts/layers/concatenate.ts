import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Options of `ConcatenateLayer`. */
export interface ConcatenateOptions {
  /**
   * The dimension of a row along which inputs follow each other, counted from 0, or from the last one as −1 (default).
   * Images are rows of [channels, height, width]: 0 stacks channels, 1 puts images above each other, 2 side by side.
   */
  readonly axis?: number | undefined;
}

/**
 * Several inputs in one, behind each other along a dimension of the row. The other dimensions must agree.
 * @example
 * ```ts
 * import { ConcatenateLayer, input } from 'blasnet';
 *
 * new ConcatenateLayer().apply([input([64]), input([8])]).rowShape; // → [ 72 ]
 * new ConcatenateLayer({ axis: 0 }).apply([input([16, 28, 28]), input([3, 28, 28])]).rowShape; // → [ 19, 28, 28 ]
 * ```
 */
export class ConcatenateLayer extends Layer {
  override readonly kind = 'concatenate';
  readonly axis: number;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an axis that is not a whole number, or an unknown option */
  constructor(options: ConcatenateOptions = {}) {
    super();
    checkOptions(options, ['axis']);
    const { axis = -1 } = options;
    if (!Number.isInteger(axis)) throw badArgument('axis', 'a whole number', axis);
    this.axis = axis;
  }

  override get inputCount(): readonly [number, number] {
    return [2, Number.POSITIVE_INFINITY];
  }

  override get config(): LayerConfig {
    return { type: 'ConcatenateLayer', axis: this.axis };
  }

  override get parameterShapes() {
    return {};
  }

  override build(rows: readonly RowShape[]): ParameterSpecs {
    const received = rows.map((row) => `[${row.join(', ')}]`).join(' and ');
    const [first] = rows;
    const place = this.axis < 0 ? this.axis + first!.length : this.axis;
    if (!(place >= 0 && place < first!.length)) {
      throw shapeMismatch('the inputs of concatenate', `rows with a dimension ${this.axis}`, received);
    }
    const fits = (row: RowShape) => row.length === first!.length && row.every((n, i) => i === place || n === first![i]);
    if (!rows.every(fits)) {
      throw shapeMismatch('the inputs of concatenate', `rows that differ in dimension ${place} only`, received);
    }
    return {};
  }

  override get isStepwise(): boolean {
    return this.axis === -1;
  }

  override call(ops: Ops, inputs: readonly Value[]): Value {
    return ops.concatenate(inputs, this.axis < 0 ? this.axis : this.axis + 1);
  }
}

registerLayer('ConcatenateLayer', (fields) => new ConcatenateLayer(fields));
