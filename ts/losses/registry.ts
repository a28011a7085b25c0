// @internal
import { CreatorTable, namedFields } from '../core/config-fields.js';
import { valuesOf } from '../core/constants.js';
import { Loss } from './loss.js';
import type { LossRule } from './named-loss.js';
import * as rules from './rules/index.js';

const byName = new Map((Object.values(rules) as unknown as LossRule[]).map((rule) => [rule.id, rule]));

/** The classes that users registered. */
export const registeredLosses = new CreatorTable<Loss>(Loss, [...byName.keys()]);

/**
 * The loss that options name.
 * @param place - for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function lossOf(place: string, options: unknown): Loss {
  if (options instanceof Loss) return options;
  const named = namedFields(place, options, registeredLosses.names);
  const rule = byName.get(named.type);
  return rule ? new rule(valuesOf(named.type, rule.constants, named.fields)) : registeredLosses.create(named);
}
