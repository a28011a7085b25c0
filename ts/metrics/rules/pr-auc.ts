import { meanOfDefined } from '../class-figures.js';
import { NamedMetric } from '../named-metric.js';
import { rankAreas } from '../tallies.js';
import type { Judge, JudgedOutput } from '../tally.js';

/**
 * The average precision, Σ(Rₙ − Rₙ₋₁)Pₙ over recall R and precision P at each threshold: the area below their curve. Of
 * several outputs, the mean over those for which it is defined, each against the rest; NaN where there is none.
 */
export class PrAuc extends NamedMetric {
  static readonly id = 'prAuc';
  static readonly options = {};

  override judge(output: JudgedOutput): Judge {
    const result = (sums: Float64Array) => meanOfDefined([...sums.subarray(1)].filter((_, i) => i % 2 === 2 - 1));
    return { tally: rankAreas(output), result };
  }
}
