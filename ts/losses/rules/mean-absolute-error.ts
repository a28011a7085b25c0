import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { NamedLoss } from '../named-loss.js';
import { rowLoss } from '../row-loss.js';

/** |a − y|, the mean over the outputs of a row; its gradient where a = y is 0. */
export class MeanAbsoluteError extends NamedLoss {
  static readonly id = 'meanAbsoluteError';
  static readonly constants = {};

  override call(ops: Ops, output: Value, target: Value): Value {
    return rowLoss(ops, output, target, { kernel: 'absolute_error' });
  }
}
