import { averageOf, type ClassCounts, quotient } from '../class-figures.js';
import { NamedMetric } from '../named-metric.js';
import { average, threshold } from '../options.js';
import { classCounts } from '../tallies.js';
import { classFormOf, type Judge, type JudgedOutput } from '../tally.js';

const options = { threshold, average };

const precision = ({ right, found }: ClassCounts) => quotient(right, found);

/**
 * right / found: of the rows that are said to be of a class, the share that is. Of one output, for its yes; of
 * several, by `average`.
 */
export class Precision extends NamedMetric<typeof options> {
  static readonly id = 'precision';
  static readonly options = options;

  override judge(output: JudgedOutput): Judge {
    const { isByOutput } = classFormOf(output);
    const tally = classCounts(output, this.options.threshold);
    return { tally, result: (counts) => averageOf(precision, counts, this.options.average, isByOutput) };
  }
}
