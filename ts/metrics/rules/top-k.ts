import { atLeastOne } from '../../core/constants.js';
import { badArgument } from '../../core/errors.js';
import { NamedMetric } from '../named-metric.js';
import { hits } from '../tallies.js';
import { classFormOf, type Judge, type JudgedOutput } from '../tally.js';

const constants = { k: atLeastOne(5) };

/** The share of rows whose class is among the k largest outputs; of equal ones the first counts as larger. */
export class TopK extends NamedMetric<typeof constants> {
  static readonly id = 'topK';
  static readonly constants = constants;

  override judge(output: JudgedOutput): Judge {
    if (classFormOf(output).isByOutput) throw badArgument("the metric 'topK'", 'outputs for several classes', 'others');
    return { tally: hits(output, this.options.k), result: ([rows, right]) => right! / rows! };
  }
}
