import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { NamedLoss } from '../named-loss.js';
import { requireSameSize, rowAxes } from '../row-loss.js';

/** The least square of a length: rows of zeros have the similarity 0. */
const leastSquare = 1e-12;

/** −cos of the angle between the outputs and the labels of a row: −1 where they have the same direction. */
export class CosineSimilarity extends NamedLoss {
  static readonly id = 'cosineSimilarity';
  static readonly constants = {};

  override call(ops: Ops, output: Value, target: Value): Value {
    requireSameSize(output, target);
    const axes = rowAxes(output);
    const length = (x: Value) => ops.sqrt(ops.clip(ops.sum(ops.square(x), axes), leastSquare, Number.MAX_VALUE));
    const dot = ops.sum(ops.multiply(output, target), axes);
    return ops.negate(ops.divide(dot, ops.multiply(length(output), length(target))));
  }
}
