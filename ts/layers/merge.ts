import { shapeMismatch } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** The base of layers that compute a number from the numbers at the same place of several inputs. */
abstract class MergeLayer extends Layer {
  /** The name of the class in configs. */
  protected abstract get type(): string;

  override get inputCount(): number | readonly [number, number] {
    return [2, Number.POSITIVE_INFINITY];
  }

  override get config(): LayerConfig {
    return { type: this.type };
  }

  override get parameterShapes() {
    return {};
  }

  override get isStepwise(): boolean {
    return true;
  }

  override build(rows: readonly RowShape[]): ParameterSpecs {
    const [first] = rows;
    const lengths = first!.map((_, i) => Math.max(...rows.map((row) => row[i]!)));
    const fits = (row: RowShape) => row.length === first!.length && row.every((n, i) => n === 1 || n === lengths[i]);
    if (!rows.every(fits)) {
      throw shapeMismatch(
        `the inputs of ${this.kind}`,
        'rows of one shape, or of length 1 where they repeat',
        listOf(rows),
      );
    }
    return {};
  }
}

/**
 * The sum of two inputs or more, number by number. As in NumPy, a dimension of length 1 repeats: rows of [64, 1, 1] are
 * added to each pixel of rows of [64, 28, 28].
 * @example
 * ```ts
 * import { AddLayer, FullyConnectedLayer, input } from 'blasnet';
 *
 * const x = input([8]);
 * const sum = new AddLayer().apply([x, new FullyConnectedLayer(8, { activation: 'relu' }).apply(x)]);
 * sum.rowShape; // → [ 8 ]
 * ```
 */
export class AddLayer extends MergeLayer {
  override readonly kind = 'add';

  protected get type(): string {
    return 'AddLayer';
  }

  override call(ops: Ops, inputs: readonly Value[]): Value {
    return inputs.reduce((sum, x) => ops.add(sum, x));
  }
}

/** The first input minus the second, number by number; dimensions of length 1 repeat as in `AddLayer`. */
export class SubtractLayer extends MergeLayer {
  override readonly kind = 'subtract';

  protected get type(): string {
    return 'SubtractLayer';
  }

  override get inputCount(): number {
    return 2;
  }

  override call(ops: Ops, [a, b]: readonly Value[]): Value {
    return ops.subtract(a!, b!);
  }
}

/** The product of two inputs or more, number by number; dimensions of length 1 repeat as in `AddLayer`. */
export class MultiplyLayer extends MergeLayer {
  override readonly kind = 'multiply';

  protected get type(): string {
    return 'MultiplyLayer';
  }

  override call(ops: Ops, inputs: readonly Value[]): Value {
    return inputs.reduce((product, x) => ops.multiply(product, x));
  }
}

/** The mean of two inputs or more, number by number; dimensions of length 1 repeat as in `AddLayer`. */
export class AverageLayer extends MergeLayer {
  override readonly kind = 'average';

  protected get type(): string {
    return 'AverageLayer';
  }

  override call(ops: Ops, inputs: readonly Value[]): Value {
    const sum = inputs.reduce((total, x) => ops.add(total, x));
    return ops.divide(sum, inputs.length);
  }
}

/**
 * The largest of two inputs or more, number by number; dimensions of length 1 repeat as in `AddLayer`. Two equal numbers
 * share the gradient evenly.
 */
export class MaximumLayer extends MergeLayer {
  override readonly kind = 'maximum';

  protected get type(): string {
    return 'MaximumLayer';
  }

  override call(ops: Ops, inputs: readonly Value[]): Value {
    return inputs.reduce((largest, x) => ops.maximum(largest, x));
  }
}

/** The shapes of rows for a message. */
function listOf(rows: readonly RowShape[]): string {
  return rows.map((row) => `[${row.join(', ')}]`).join(' and ');
}

registerLayer('AddLayer', () => new AddLayer());
registerLayer('SubtractLayer', () => new SubtractLayer());
registerLayer('MultiplyLayer', () => new MultiplyLayer());
registerLayer('AverageLayer', () => new AverageLayer());
registerLayer('MaximumLayer', () => new MaximumLayer());
