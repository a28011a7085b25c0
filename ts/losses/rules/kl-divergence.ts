import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { meanOfSteps, softmaxLoss, softmaxOf } from '../class-loss.js';
import type { LabelRule } from '../label-rules.js';
import { NamedLoss } from '../named-loss.js';
import { leastProbability, requireSameSize } from '../row-loss.js';

/** Labels so small count as 0: their logarithm has no weight. */
const leastLabel = 1e-30;

/**
 * Σ y ln(y / a) over the classes of a row, where 0 ln 0 is 0. From logits where softmax made the output, else from
 * probabilities of at least 1e-7.
 */
export class KlDivergence extends NamedLoss {
  static readonly id = 'klDivergence';
  static readonly constants = {};

  override call(ops: Ops, output: Value, target: Value): Value {
    requireSameSize(output, target);
    const own = ops.multiply(target, ops.log(ops.clip(target, leastLabel, Number.MAX_VALUE)));
    const entropy = meanOfSteps(ops, output, ops.sum(own, -1));
    if (softmaxOf(output)) {
      const cross = softmaxLoss(ops, output, target, { kernel: 'cross_entropy', constants: { smoothing: 0 } });
      return ops.add(entropy, cross);
    }
    const logs = ops.log(ops.clip(output, leastProbability, Number.MAX_VALUE));
    return ops.subtract(entropy, meanOfSteps(ops, output, ops.sum(ops.multiply(target, logs), -1)));
  }

  override labelRule(): LabelRule {
    return 'distribution';
  }
}
