import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { NamedLoss } from '../named-loss.js';
import { rowLoss } from '../row-loss.js';

/** ln cosh(a − y), the mean over the outputs of a row. */
export class LogCosh extends NamedLoss {
  static readonly id = 'logCosh';
  static readonly constants = {};

  override call(ops: Ops, output: Value, target: Value): Value {
    return rowLoss(ops, output, target, { kernel: 'log_cosh' });
  }
}
