import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { classesAlong, meanOfSteps, requireClassNumbers, softmaxLoss, softmaxOf } from '../class-loss.js';
import type { LabelRule } from '../label-rules.js';
import { NamedLoss } from '../named-loss.js';
import { leastProbability } from '../row-loss.js';

/** −ln a of the row's class, whose number, from 0, is the label. As crossEntropy, without one-hot rows. */
export class SparseCrossEntropy extends NamedLoss {
  static readonly id = 'sparseCrossEntropy';
  static readonly constants = {};

  override call(ops: Ops, output: Value, target: Value): Value {
    if (softmaxOf(output)) return softmaxLoss(ops, output, target, { kernel: 'sparse_cross_entropy' });
    requireClassNumbers(output, target);
    const oneHot = ops.equal(ops.reshape(target, [...output.shape.slice(0, -1), 1]), classesAlong(output));
    const logs = ops.log(ops.clip(output, leastProbability, Number.MAX_VALUE));
    return meanOfSteps(ops, output, ops.negate(ops.sum(ops.multiply(oneHot, logs), -1)));
  }

  override labelRule(): LabelRule {
    return 'classes';
  }
}
