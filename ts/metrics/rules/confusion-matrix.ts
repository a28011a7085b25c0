import { badArgument } from '../../core/errors.js';
import { NamedMetric } from '../named-metric.js';
import { threshold } from '../options.js';
import { confusions } from '../tallies.js';
import { classFormOf, type Judge, type JudgedOutput } from '../tally.js';

const constants = { threshold };

/** How many rows of each class (downwards) were taken for each class (across); of one output, for no and yes. */
export class ConfusionMatrix extends NamedMetric<typeof constants> {
  static readonly id = 'confusionMatrix';
  static readonly constants = constants;

  override judge(output: JudgedOutput): Judge {
    const { isByOutput, width } = classFormOf(output);
    if (isByOutput && width > 1) {
      throw badArgument("the metric 'confusionMatrix'", 'one output, or several classes', 'several yes-or-no outputs');
    }
    const classes = Math.max(2, width);
    const result = (counts: Float64Array) =>
      Array.from({ length: classes }, (_, i) => [...counts.subarray(i * classes, (i + 1) * classes)]);
    return { tally: confusions(output, this.options.threshold ?? output.threshold), result };
  }
}
