import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';

/**
 * A method that brings each column to a common scale. 'minMax': (x − least) / (greatest − least), which is in [0, 1];
 * 'standard': (x − mean) / standard deviation; 'robust': (x − median) / interquartile range, which outliers hardly
 * change. A constant column becomes 0. They are scikit-learn's MinMaxScaler, StandardScaler and RobustScaler.
 */
export type ScalingMethod = 'minMax' | 'standard' | 'robust';

/** The rows from which the numbers of a scaling are computed. */
export type ScalingRows = 'trainAndTest' | 'train';

/** How `normalizeX` and `normalizeY('fitting')` scale columns. */
export interface ScalingOptions {
  /** Default: 'minMax'. */
  readonly method?: ScalingMethod | undefined;
  /** The rows whose least values, means and so on are used: all rows (default), or the training rows only. */
  readonly fitOn?: ScalingRows | undefined;
}

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
