// @internal
import { badArgument, shapeMismatch } from '../../core/errors.js';
import { oneOf } from '../../core/fields.js';
import type { ScalingMethod } from '../scaling-options.js';
import type { WindowOptions } from '../time-series-options.js';

export const windowOptionNames = [
  ...(['length', 'horizon', 'target', 'features', 'stride', 'gap', 'test', 'validation', 'scale'] as const),
] satisfies readonly (keyof WindowOptions)[];

/** The sizes of windows, checked, with their defaults. */
export interface WindowSizes {
  readonly length: number;
  readonly horizon: number;
  readonly stride: number;
  readonly gap: number;
}

/** The checked options that do not name columns. */
export interface WindowSettings {
  readonly sizes: WindowSizes;
  readonly test: number;
  readonly validation: number;
  readonly scale: ScalingMethod | false;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option of another type or out of range */
export function windowSettings(options: WindowOptions): WindowSettings {
  const { length, horizon, stride = 1, gap = 0, test = 0, validation = 0, scale = 'standard' } = options;
  for (const [name, value, least] of [
    ['length', length, 1],
    ['horizon', horizon, 1],
    ['stride', stride, 1],
    ['gap', gap, 0],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least || value >= 2 ** 31) {
      throw badArgument(name, `a whole number of at least ${least}`, value);
    }
  }
  for (const [name, value] of Object.entries({ test, validation })) {
    const isSize = typeof value === 'number' && value >= 0 && (value < 1 || Number.isSafeInteger(value));
    if (!isSize) throw badArgument(name, 'a share below 1, or a whole number of windows', value);
  }
  if (scale !== false) oneOf('scale', ['standard', 'minMax', 'robust'], scale);
  return { sizes: { length, horizon, stride, gap }, test, validation, scale };
}

/** The time steps that a window takes with all that it forecasts. */
export const stepsOf = ({ length, gap, horizon }: WindowSizes) => length + gap + horizon;

/** @throws BlasnetError `ERR_SHAPE_MISMATCH` for a series that holds no window */
export function requireLong(name: string, steps: number, sizes: WindowSizes): void {
  const needed = stepsOf(sizes);
  if (steps >= needed) return;
  const { length, gap, horizon } = sizes;
  const parts = `length ${length}${gap > 0 ? ` + gap ${gap}` : ''} + horizon ${horizon}`;
  throw shapeMismatch(name, `at least ${needed} time steps (${parts})`, `${steps}`);
}
