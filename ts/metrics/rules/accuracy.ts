import { NamedMetric } from '../named-metric.js';
import { threshold } from '../options.js';
import { hits, rounded } from '../tallies.js';
import { classFormOf, type Judge, type JudgedOutput } from '../tally.js';

const options = { threshold };

/**
 * The share of right answers. Of classes: rows whose largest output is that of their class. Of yes-or-no outputs, one
 * by one: those above the threshold where the label is above 1/2.
 */
export class Accuracy extends NamedMetric<typeof options> {
  static readonly id = 'accuracy';
  static readonly options = options;

  override judge(output: JudgedOutput): Judge {
    const { isByOutput } = classFormOf(output);
    const tally = isByOutput ? rounded(output, this.options.threshold) : hits(output, 1);
    return { tally, result: ([rows, right]) => right! / rows! };
  }
}
