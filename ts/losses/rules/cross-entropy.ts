import { fraction } from '../../core/constants.js';
import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { meanOfSteps, softmaxLoss, softmaxOf } from '../class-loss.js';
import type { FusedLoss } from '../fused.js';
import type { LabelRule } from '../label-rules.js';
import { NamedLoss } from '../named-loss.js';
import { leastProbability, requireSameSize } from '../row-loss.js';

/**
 * −Σ y ln a over the classes of a row; labels y are smoothed to y(1 − s) + s/classes. From logits where softmax made
 * the output, else from probabilities of at least 1e-7. Of several steps in a row, their mean.
 */
export class CrossEntropy extends NamedLoss<'labelSmoothing'> {
  static readonly id = 'crossEntropy';
  static readonly constants = { labelSmoothing: fraction(0) };

  override call(ops: Ops, output: Value, target: Value): Value {
    const { labelSmoothing: smoothing } = this.constants;
    requireSameSize(output, target);
    if (softmaxOf(output)) {
      return softmaxLoss(ops, output, target, { kernel: 'cross_entropy', constants: { smoothing } });
    }
    const classes = output.shape.at(-1)!;
    const y = smoothing === 0 ? target : ops.add(ops.multiply(target, 1 - smoothing), smoothing / classes);
    const logs = ops.log(ops.clip(output, leastProbability, Number.MAX_VALUE));
    return meanOfSteps(ops, output, ops.negate(ops.sum(ops.multiply(y, logs), -1)));
  }

  override fused(output: Value): FusedLoss | undefined {
    const softmax = softmaxOf(output);
    if (softmax?.z.rank !== 2 || this.constants.labelSmoothing !== 0) return undefined;
    return {
      seed: softmax.z,
      pass: (tape, y, classWeights, scalars) => {
        requireSameSize(output, { shape: y.shape, size: y.size });
        tape.run('cross_entropy', { z: softmax.z.tensor, logSum: softmax.logSum, y, classWeights, scalars });
      },
    };
  }

  override get probabilities() {
    return ['softmax'] as const;
  }

  override labelRule(): LabelRule {
    return 'distribution';
  }
}
