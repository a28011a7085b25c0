import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import type { LabelRule } from '../label-rules.js';
import { NamedLoss } from '../named-loss.js';
import { rowLoss } from '../row-loss.js';

/** max(0, 1 − ta), the mean over the outputs of a row; t is the label −1 or 1, and −1 for the label 0. */
export class Hinge extends NamedLoss {
  static readonly id = 'hinge';
  static readonly constants = {};

  override call(ops: Ops, output: Value, target: Value): Value {
    return rowLoss(ops, output, target, { kernel: 'hinge' });
  }

  override labelRule(): LabelRule {
    return 'signs';
  }
}
