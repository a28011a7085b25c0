import type { Metric, MetricConfig } from './metric.js';
import type { OptionValues } from './options.js';
import { metricOf, registeredMetrics } from './registry.js';
import * as rules from './rules/index.js';

type Rule = (typeof rules)[keyof typeof rules];
type OptionsOf<Name> = OptionValues<Extract<Rule, { readonly id: Name }>['options']>;

/** The name of a metric. */
export type MetricName = Rule['id'];

/**
 * A metric by name, by name with its options, as the config of a registered class, or as an object of a class of your
 * own.
 */
export type MetricOptions =
  | MetricName
  | {
      [Name in MetricName]: { readonly name: Name } & {
        readonly [Key in keyof OptionsOf<Name>]?: OptionsOf<Name>[Key] | undefined;
      };
    }[MetricName]
  | MetricConfig
  | Metric;

/** Makes a metric from the fields of its config, `type` left out; the metric's constructor checks them. */
export type MetricCreator = (fields: Readonly<Record<string, unknown>>) => Metric;

/** The names of the built-in metrics. */
export const metricNames = Object.freeze(Object.values(rules).map(({ id }) => id)) as readonly MetricName[];

/**
 * Makes metrics of a class known by the `type` of their configs, so that a saved net that has one can be loaded.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a type that is taken
 */
export function registerMetric(type: string, create: MetricCreator): void {
  registeredMetrics.register(type, create);
}

/**
 * Creates a metric by its name: `'f1'`, `{ name: 'topK', k: 3 }`, or the config of a class known to `registerMetric`.
 * A metric is returned as it is.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or option, or one out of range
 * @example
 * ```ts
 * import { createMetric, Tensor } from 'blasnet';
 *
 * const scores = Tensor.from([[0.1], [0.4], [0.35], [0.8]]);
 * const labels = Tensor.from([[0], [0], [1], [1]]);
 * createMetric('rocAuc').evaluate(scores, labels); // → 0.75
 * createMetric({ name: 'f1', threshold: 0.3 }).evaluate(scores, labels); // → 0.8
 * createMetric('confusionMatrix').evaluate(scores, labels); // → [ [ 2, 0 ], [ 1, 1 ] ]
 * createMetric({ name: 'topK', k: 0 }); // throws ERR_BAD_ARGUMENT
 * ```
 */
export function createMetric(options: MetricOptions): Metric {
  return metricOf('metric', options);
}
