import { NamedMetric } from '../named-metric.js';
import { squaredErrors } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/** √(Σ(a − y)² / n) over the n outputs of all rows. */
export class RootMeanSquaredErrorMetric extends NamedMetric {
  static readonly id = 'rootMeanSquaredError';
  static readonly options = {};

  override get higherIsBetter(): boolean {
    return false;
  }

  override judge(output: JudgedOutput): Judge {
    return { tally: squaredErrors(output), result: ([elements, squares]) => Math.sqrt(squares! / elements!) };
  }
}
