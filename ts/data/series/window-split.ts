// @internal
import { badArgument } from '../../core/errors.js';
import { stepsOf, type WindowSizes } from './check-window-options.js';

/** The time steps at which windows of a series start, set by set. */
export interface WindowStarts {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
  /** The time steps of the series that training windows end before, targets included. */
  readonly past: number;
}

/** How many windows are for test and validation: below 1 a share, from 1 on a number. */
export interface SplitSizes {
  readonly test: number;
  readonly validation: number;
}

/**
 * Cuts the windows of a series in order of time: training, validation, test. Windows whose targets reach into the time that
 * the next set forecasts belong to no set, so that no later target is known in an earlier set.
 * @param where - the series, for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` where no window is left for training
 */
export function splitWindows(steps: number, sizes: WindowSizes, split: SplitSizes, where: string): WindowStarts {
  const count = Math.floor((steps - stepsOf(sizes)) / sizes.stride) + 1;
  const all = Array.from({ length: count }, (_, i) => i * sizes.stride);
  const [others, test] = cut(all, sizes, split.test);
  const [train, validation] = cut(others, sizes, split.validation);
  if (train.length === 0) {
    const expected = `test and validation sets that leave windows for training of the ${count} of ${where}`;
    throw badArgument('test and validation', expected, `${split.test} and ${split.validation}`);
  }
  return { train, validation, test, past: train.at(-1)! + stepsOf(sizes) };
}

/** The windows before the last ones whose targets end before the first target of these, and the last ones. */
function cut(
  starts: readonly number[],
  sizes: WindowSizes,
  size: number,
): readonly [readonly number[], readonly number[]] {
  const wanted = size < 1 ? Math.floor(starts.length * size * (1 + 2 ** -50)) : size;
  if (wanted === 0) return [starts, []];
  const later = starts.slice(Math.max(0, starts.length - wanted));
  const firstTarget = later[0]! + sizes.length + sizes.gap;
  return [starts.filter((start) => start + stepsOf(sizes) <= firstTarget), later];
}
