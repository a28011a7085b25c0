import { ErrorMetric } from '../error-metric.js';
import { squaredErrors } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/** Σ(a − y)² / n over the n outputs of all rows. The loss of that name is the half of it, for one output. */
export class MeanSquaredErrorMetric extends ErrorMetric {
  static readonly id = 'meanSquaredError';
  static readonly constants = {};

  override judge(output: JudgedOutput): Judge {
    return { tally: squaredErrors(output), result: ([elements, squares]) => squares! / elements! };
  }
}
