import { meanOfDefined } from '../class-figures.js';
import { NamedMetric } from '../named-metric.js';
import { rankAreas } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/**
 * The area below the ROC curve: how often a row of the class has a larger output than another row; ties count a half.
 * Of several outputs, the mean over those for which it is defined, each against the rest; NaN where there is none.
 */
export class RocAuc extends NamedMetric {
  static readonly id = 'rocAuc';
  static readonly options = {};

  override judge(output: JudgedOutput): Judge {
    const result = (sums: Float64Array) => meanOfDefined([...sums.subarray(1)].filter((_, i) => i % 2 === 1 - 1));
    return { tally: rankAreas(output), result };
  }
}
