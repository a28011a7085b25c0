import { lossOf } from '../../losses/registry.js';
import type { Ops } from '../../ops/ops.js';
import type { Value } from '../../ops/value.js';
import { NamedMetric } from '../named-metric.js';
import { classFormOf, type Judge, type JudgedOutput, meanOfRows } from '../tally.js';

/**
 * −ln of the probability of the label, the mean over rows, and over the outputs of a row that are yes or no:
 * the cross-entropy without weights and without smoothed labels.
 */
export class LogLoss extends NamedMetric {
  static readonly id = 'logLoss';
  static readonly constants = {};

  override get higherIsBetter(): boolean {
    return false;
  }

  override judge(output: JudgedOutput): Judge {
    const { isByOutput, areNumbers } = classFormOf(output);
    const loss = lossOf('loss', isByOutput ? 'binaryCrossEntropy' : areNumbers ? 'sparseCrossEntropy' : 'crossEntropy');
    const call = (ops: Ops, a: Value, y: Value) => {
      const losses = loss.call(ops, a, y);
      const share = isByOutput ? a.size / a.shape[0]! : 1;
      return share === 1 ? losses : ops.divide(losses, share);
    };
    return meanOfRows('logLoss', 'logLoss', call);
  }
}
