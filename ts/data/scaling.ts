// @internal
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { ScalingMethod, ScalingOptions, ScalingRows } from './scaling-options.js';

/** Scaling options with their defaults. */
export interface Scaling {
  readonly method: ScalingMethod;
  readonly fitOn: ScalingRows;
}

const methods: readonly unknown[] = ['minMax', 'standard', 'robust'] satisfies ScalingMethod[];
const rows: readonly unknown[] = ['trainAndTest', 'train'] satisfies ScalingRows[];

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option or value */
export function scalingOf(options: ScalingOptions): Scaling {
  checkOptions(options, ['method', 'fitOn']);
  const { method = 'minMax', fitOn = 'trainAndTest' } = options;
  if (!methods.includes(method)) throw badArgument('method', "'minMax', 'standard' or 'robust'", method);
  if (!rows.includes(fitOn)) throw badArgument('fitOn', "'trainAndTest' or 'train'", fitOn);
  return { method, fitOn };
}
