import { positive } from '../../core/constants.js';
import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { NamedLoss } from '../named-loss.js';
import { rowLoss } from '../row-loss.js';

/** e²/2 where |e| ≤ δ, else δ(|e| − δ/2), for e = a − y; the mean over the outputs of a row. */
export class Huber extends NamedLoss<'delta'> {
  static readonly id = 'huber';
  static readonly constants = { delta: positive(1) };

  override call(ops: Ops, output: Value, target: Value): Value {
    return rowLoss(ops, output, target, { kernel: 'huber', first: this.constants.delta });
  }
}
