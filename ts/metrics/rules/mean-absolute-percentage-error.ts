import { ErrorMetric } from '../error-metric.js';
import { absoluteErrors } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/** Σ(|a − y| / |y|) / n over the n outputs of all rows, as a share: 0.1 is 10 %. A label of 0 counts as 2⁻⁵². */
export class MeanAbsolutePercentageErrorMetric extends ErrorMetric {
  static readonly id = 'meanAbsolutePercentageError';
  static readonly constants = {};

  override judge(output: JudgedOutput): Judge {
    return { tally: absoluteErrors(output), result: ([elements, , shares]) => shares! / elements! };
  }
}
