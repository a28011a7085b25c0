import { NamedMetric } from '../named-metric.js';
import { absoluteErrors } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/** Σ|a − y| / n over the n outputs of all rows. */
export class MeanAbsoluteErrorMetric extends NamedMetric {
  static readonly id = 'meanAbsoluteError';
  static readonly options = {};

  override get higherIsBetter(): boolean {
    return false;
  }

  override judge(output: JudgedOutput): Judge {
    return { tally: absoluteErrors(output), result: ([elements, errors]) => errors! / elements! };
  }
}
