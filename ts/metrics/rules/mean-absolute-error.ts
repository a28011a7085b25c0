import { ErrorMetric } from '../error-metric.js';
import { absoluteErrors } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/** Σ|a − y| / n over the n outputs of all rows. */
export class MeanAbsoluteErrorMetric extends ErrorMetric {
  static readonly id = 'meanAbsoluteError';
  static readonly constants = {};

  override judge(output: JudgedOutput): Judge {
    return { tally: absoluteErrors(output), result: ([elements, errors]) => errors! / elements! };
  }
}
