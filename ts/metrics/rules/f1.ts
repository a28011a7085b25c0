import { averageOf, type ClassCounts, quotient } from '../class-figures.js';
import { NamedMetric } from '../named-metric.js';
import { average, threshold } from '../options.js';
import { classCounts } from '../tallies.js';
import { classFormOf, type Judge, type JudgedOutput } from '../tally.js';

const options = { threshold, average };

const f1 = ({ right, found, there }: ClassCounts) => quotient(2 * right, found + there);

/** The harmonic mean of precision and recall. Of one output, for its yes; of several, by `average`. */
export class F1 extends NamedMetric<typeof options> {
  static readonly id = 'f1';
  static readonly options = options;

  override judge(output: JudgedOutput): Judge {
    const { isByOutput } = classFormOf(output);
    const tally = classCounts(output, this.options.threshold);
    return { tally, result: (counts) => averageOf(f1, counts, this.options.average, isByOutput) };
  }
}
