import { badArgument } from '../../errors.js';
import { NamedMetric } from '../named-metric.js';
import { atLeastOne } from '../options.js';
import { hits } from '../tallies.js';
import { classFormOf, type Judge, type JudgedOutput } from '../tally.js';

const options = { k: atLeastOne(5) };

/** The share of rows whose class is among the k largest outputs; of equal ones the first counts as larger. */
export class TopK extends NamedMetric<typeof options> {
  static readonly id = 'topK';
  static readonly options = options;

  override judge(output: JudgedOutput): Judge {
    if (classFormOf(output).isByOutput) throw badArgument("the metric 'topK'", 'outputs for several classes', 'others');
    return { tally: hits(output, this.options.k), result: ([rows, right]) => right! / rows! };
  }
}
