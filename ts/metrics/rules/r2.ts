import { NamedMetric } from '../named-metric.js';
import { squaredErrors } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/**
 * R² = 1 − mean((a − y)²) / var(y) over all outputs of all rows; where all labels are equal, 1 for a perfect fit and
 * else 0.
 */
export class R2 extends NamedMetric {
  static readonly id = 'r2';
  static readonly options = {};

  override judge(output: JudgedOutput): Judge {
    return { tally: squaredErrors(output), result: r2Of };
  }
}

function r2Of(sums: Float64Array): number {
  const [elements, squaredError, , labelSum, labelSquares] = sums as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  const mean = labelSum / elements;
  const variance = Math.max(0, labelSquares / elements - mean * mean);
  if (variance === 0) return squaredError === 0 ? 1 : 0;
  return 1 - squaredError / elements / variance;
}
