import { atMostOne, notNegative } from '../../core/constants.js';
import type { OutputForm } from '../../graph/output-form.js';
import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { meanOfSteps, softmaxLoss, softmaxOf } from '../class-loss.js';
import type { LabelRule } from '../label-rules.js';
import { NamedLoss } from '../named-loss.js';
import { leastProbability, requireSameSize, rowAxes, rowLoss } from '../row-loss.js';

/**
 * −α(1 − p)^γ ln p, where p is the probability of the label. For outputs of sigmoid, and for one output: α
 * is the weight of the label 1, 1 − α that of 0, and a row's loss is the mean over its outputs. For classes: Σ over
 * them.
 */
export class Focal extends NamedLoss<'gamma' | 'alpha'> {
  static readonly id = 'focal';
  static readonly constants = { gamma: notNegative(2), alpha: atMostOne(0.25) };

  override call(ops: Ops, output: Value, target: Value): Value {
    const { gamma, alpha } = this.constants;
    requireSameSize(output, target);
    if (softmaxOf(output)) return softmaxLoss(ops, output, target, { kernel: 'focal', constants: { gamma, alpha } });
    const { logits } = output;
    if (logits?.kind === 'sigmoid') {
      return rowLoss(ops, logits.z, target, { kernel: 'binary_focal', first: gamma, second: alpha });
    }
    const p = ops.clip(output, leastProbability, 1 - leastProbability);
    const rest = ops.subtract(1, p);
    /** −y(1 − p)^γ ln p, where `other` is 1 − p */
    const term = (y: Value, own: Value, other: Value) =>
      ops.multiply(ops.negate(y), ops.multiply(ops.power(other, gamma), ops.log(own)));
    if (output.size !== output.shape[0]) {
      return meanOfSteps(ops, output, ops.multiply(alpha, ops.sum(term(target, p, rest), -1)));
    }
    const yes = ops.multiply(alpha, term(target, p, rest));
    const no = ops.multiply(1 - alpha, term(ops.subtract(1, target), rest, p));
    return ops.mean(ops.add(yes, no), rowAxes(output));
  }

  override get probabilities() {
    return ['sigmoid', 'softmax'] as const;
  }

  override labelRule({ width, kind }: OutputForm): LabelRule {
    return kind === 'sigmoid' || (kind === undefined && width === 1) ? 'probabilities' : 'distribution';
  }
}
