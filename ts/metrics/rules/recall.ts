import { averageOf, type ClassCounts, quotient } from '../class-figures.js';
import { NamedMetric } from '../named-metric.js';
import { average, threshold } from '../options.js';
import { classCounts } from '../tallies.js';
import { classFormOf, type Judge, type JudgedOutput } from '../tally.js';

const options = { threshold, average };

const recall = ({ right, there }: ClassCounts) => quotient(right, there);

/**
 * right / there: of the rows of a class, the share that is found. Of one output, for its yes; of several, by
 * `average`.
 */
export class Recall extends NamedMetric<typeof options> {
  static readonly id = 'recall';
  static readonly options = options;

  override judge(output: JudgedOutput): Judge {
    const { isByOutput } = classFormOf(output);
    const tally = classCounts(output, this.options.threshold);
    return { tally, result: (counts) => averageOf(recall, counts, this.options.average, isByOutput) };
  }
}
