import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { requireTensor, type Tensor } from '../tensor/tensor.js';
import type { MetricName } from './create.js';
import { judgeAlone } from './metric-set.js';
import { type Judge, type JudgedOutput, meanOfRows } from './tally.js';

/** A metric: a number, or for 'confusionMatrix' the rows of a table. */
export type MetricValue = number | readonly (readonly number[])[];

/** Metrics by name. */
export type MetricValues = { readonly [Name in Exclude<MetricName, 'confusionMatrix'>]?: number | undefined } & {
  readonly confusionMatrix?: readonly (readonly number[])[] | undefined;
} & { readonly [name: string]: MetricValue | undefined };

/** The description of a metric as plain JSON: its type, and the options of its constructor. See `createMetric`. */
export interface MetricConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Options of `metric.evaluate`. */
export interface EvaluateOptions {
  /** Whether each of several outputs is a yes or no of its own, rather than one of several classes; default false. */
  readonly multiLabel?: boolean | undefined;
}

/**
 * A metric: how well a net does, over all rows of a set. A class of your own defines `call` by operations: a number
 * for each row, of which the metric is the mean.
 * ```ts
 * class WithinTenth extends Metric {
 *   override call(ops: Ops, output: Value, target: Value): Value {
 *     const limit = ops.multiply(ops.abs(target), 0.1);
 *     return ops.mean(ops.lessOrEqual(ops.abs(ops.subtract(output, target)), limit), -1);
 *   }
 * }
 * ```
 */
export abstract class Metric {
  /**
   * Returns a number for each row, of shape [m] or [m, 1]; the metric is their mean over all rows.
   * @param ops - operations; see {@link Ops}
   * @param output - of the net, m × output shape
   * @param target - the labels; they have the output's shape where they are as many numbers
   */
  call(_ops: Ops, _output: Value, _target: Value): Value {
    throw badArgument(`metric '${this.name}'`, 'a class that defines call', this.constructor.name);
  }

  /**
   * The description from which `createMetric` makes the same metric. Where a class has none, nets with such a metric
   * cannot be saved in one file; a class of your own defines it and calls `registerMetric`.
   */
  get config(): MetricConfig | undefined {
    return undefined;
  }

  /** The name of the metric in records. */
  get name(): string {
    return this.config?.type ?? this.constructor.name;
  }

  /** Whether a higher number is a better one, as for accuracy; false for errors and losses. */
  get higherIsBetter(): boolean {
    return true;
  }

  /** Whether labels may be the numbers of classes. */
  get readsClasses(): boolean {
    return false;
  }

  /** Makes the sums of which the metric is computed. For the library's own use. */
  judge(_output: JudgedOutput): Judge {
    const call = this.call.bind(this);
    return meanOfRows(`the result of the metric '${this.name}'`, `own ${this.name}`, call);
  }

  /**
   * Computes the metric of some rows, on this thread.
   * @param outputs - m × outputs; of classifiers, probabilities
   * @param labels - m rows of the same dtype: as many numbers, or the number of a class for each row
   * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`
   */
  evaluate(outputs: Tensor, labels: Tensor, options: EvaluateOptions = {}): MetricValue {
    requireTensor('outputs', outputs);
    requireTensor('labels', labels);
    checkOptions(options, ['multiLabel']);
    const { multiLabel = false } = options;
    if (typeof multiLabel !== 'boolean') throw badArgument('multiLabel', 'true or false', multiLabel);
    if (labels.dtype !== outputs.dtype)
      throw badArgument('labels', `a ${outputs.dtype} tensor`, `a ${labels.dtype} one`);
    return judgeAlone(this, outputs, labels, multiLabel ? 'sigmoid' : undefined);
  }

  /**
   * Returns the config, for `JSON.stringify`.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a class without a config
   */
  toJSON(): MetricConfig {
    const { config } = this;
    if (config === undefined) {
      const own = this.constructor.name;
      throw badArgument('the metric', 'a class with a config that is known to registerMetric', own);
    }
    return config;
  }
}
