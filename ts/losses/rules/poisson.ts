import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import type { LabelRule } from '../label-rules.js';
import { NamedLoss } from '../named-loss.js';
import { leastProbability, rowLoss } from '../row-loss.js';

/** a − y ln a for an expected count a, the mean over the outputs of a row; the logarithm takes 1e-7 for smaller a. */
export class Poisson extends NamedLoss {
  static readonly id = 'poisson';
  static readonly constants = {};

  override call(ops: Ops, output: Value, target: Value): Value {
    return rowLoss(ops, output, target, { kernel: 'poisson', first: leastProbability });
  }

  override labelRule(): LabelRule {
    return 'counts';
  }
}
