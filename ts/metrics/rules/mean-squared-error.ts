import { NamedMetric } from '../named-metric.js';
import { squaredErrors } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/** Σ(a − y)² / n over the n outputs of all rows. The loss of that name is the half of it, for one output. */
export class MeanSquaredErrorMetric extends NamedMetric {
  static readonly id = 'meanSquaredError';
  static readonly options = {};

  override get higherIsBetter(): boolean {
    return false;
  }

  override judge(output: JudgedOutput): Judge {
    return { tally: squaredErrors(output), result: ([elements, squares]) => squares! / elements! };
  }
}
