import { fraction } from '../../core/constants.js';
import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import type { FusedLoss } from '../fused.js';
import type { LabelRule } from '../label-rules.js';
import { NamedLoss } from '../named-loss.js';
import { leastProbability, requireSameSize, rowAxes, rowLoss } from '../row-loss.js';

/**
 * −Σ[y ln a + (1 − y) ln(1 − a)] over the outputs of a row; labels y are smoothed to y(1 − s) + s/2. From logits where
 * sigmoid made the output, else from probabilities brought to 1e-7 … 1 − 1e-7.
 */
export class BinaryCrossEntropy extends NamedLoss<'labelSmoothing'> {
  static readonly id = 'binaryCrossEntropy';
  static readonly constants = { labelSmoothing: fraction(0) };

  override call(ops: Ops, output: Value, target: Value): Value {
    const { labelSmoothing } = this.constants;
    requireSameSize(output, target);
    if (output.logits?.kind === 'sigmoid') {
      const kernel = { kernel: 'binary_cross_entropy', first: labelSmoothing, scale: 1 };
      return rowLoss(ops, output.logits.z, target, kernel);
    }
    const p = ops.clip(output, leastProbability, 1 - leastProbability);
    const y = labelSmoothing === 0 ? target : ops.add(ops.multiply(target, 1 - labelSmoothing), labelSmoothing / 2);
    const yes = ops.multiply(y, ops.log(p));
    const no = ops.multiply(ops.subtract(1, y), ops.log(ops.subtract(1, p)));
    return ops.negate(ops.sum(ops.add(yes, no), rowAxes(output)));
  }

  override fused(output: Value): FusedLoss | undefined {
    const { logits } = output;
    if (logits?.kind !== 'sigmoid' || this.constants.labelSmoothing !== 0) return undefined;
    return {
      seed: logits.z,
      pass: (tape, y, classWeights, scalars) => {
        requireSameSize(output, { shape: y.shape, size: y.size });
        tape.run('binary_cross_entropy', { z: logits.z.tensor, y, classWeights, scalars });
      },
    };
  }

  override get probabilities() {
    return ['sigmoid'] as const;
  }

  override labelRule(): LabelRule {
    return 'probabilities';
  }
}
