// @internal
import type { MetricValues } from './metric.js';

/** How well a net does on a data set. */
export interface Evaluation {
  /** The mean loss per row, with the penalty of l1 or l2. */
  readonly loss: number;
  /**
   * R² for numbers, the share of right answers for classes; of several outputs, that of the first one. NaN where the labels
   * of an own loss do not tell.
   */
  readonly accuracy: number;
  /** The metrics that were asked for, by name; those of several outputs, and their losses, as `output.metric`. */
  readonly metrics?: MetricValues | undefined;
}
