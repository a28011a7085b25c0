import { ErrorMetric } from '../error-metric.js';
import { squaredErrors } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/** √(Σ(a − y)² / n) over the n outputs of all rows. */
export class RootMeanSquaredErrorMetric extends ErrorMetric {
  static readonly id = 'rootMeanSquaredError';
  static readonly constants = {};

  override judge(output: JudgedOutput): Judge {
    return { tally: squaredErrors(output), result: ([elements, squares]) => Math.sqrt(squares! / elements!) };
  }
}
