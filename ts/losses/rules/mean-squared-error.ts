import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import type { FusedLoss } from '../fused.js';
import { NamedLoss } from '../named-loss.js';
import { requireSameSize, rowLoss } from '../row-loss.js';

/** Σ(a − y)² / 2 over the outputs of a row. */
export class MeanSquaredError extends NamedLoss {
  static readonly id = 'meanSquaredError';
  static readonly constants = {};

  override call(ops: Ops, output: Value, target: Value): Value {
    return rowLoss(ops, output, target, { kernel: 'squared_error', scale: 0.5 });
  }

  override get sumsOutputs(): boolean {
    return true;
  }

  override fused(output: Value): FusedLoss {
    return {
      seed: output,
      pass: (tape, y, _classWeights, scalars) => {
        requireSameSize(output, { shape: y.shape, size: y.size });
        tape.run('mean_squared_error', { a: output.tensor, y, scalars });
      },
    };
  }
}
