// @internal
import { CreatorTable, namedFields } from '../core/config-fields.js';
import { valuesOf } from '../core/constants.js';
import { Metric } from './metric.js';
import type { MetricRule } from './named-metric.js';
import * as rules from './rules/index.js';

const byName = new Map((Object.values(rules) as unknown as MetricRule[]).map((rule) => [rule.id, rule]));

/** The classes that users registered. */
export const registeredMetrics = new CreatorTable<Metric>(Metric, [...byName.keys()]);

/**
 * The metric that options name.
 * @param place - for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function metricOf(place: string, options: unknown): Metric {
  if (options instanceof Metric) return options;
  const named = namedFields(place, options, registeredMetrics.names);
  const rule = byName.get(named.type);
  return rule ? new rule(valuesOf(named.type, rule.constants, named.fields)) : registeredMetrics.create(named);
}
