// @internal
import { badArgument } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import type { ChannelStatistics, ImageOptions } from './image-options.js';

/** The names of all options for images; each reader adds those of its files. */
export const imageOptionNames = ['mode', 'augment'] as const satisfies (keyof ImageOptions)[];

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown or out of range */
export function checkImageOptions({ mode, augment }: ImageOptions): void {
  if (mode !== undefined && mode !== 'image' && mode !== 'vector')
    throw badArgument('mode', "'image' or 'vector'", mode);
  if (augment === undefined) return;
  const { horizontalFlip, crop } = fieldsOf('augment', augment, ['horizontalFlip', 'crop']);
  if (horizontalFlip !== undefined && typeof horizontalFlip !== 'boolean') {
    throw badArgument('horizontalFlip', 'true or false', horizontalFlip);
  }
  if (crop !== undefined && !(Number.isSafeInteger(crop) && crop >= 0)) {
    throw badArgument('crop', 'a whole number of pixels ≥ 0', crop);
  }
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but a number for each channel, deviations not below 0 */
export function checkStatistics(statistics: ChannelStatistics, channels: number): void {
  for (const name of ['mean', 'deviation'] as const) {
    const values: unknown = statistics?.[name];
    const least = name === 'mean' ? Number.NEGATIVE_INFINITY : 0;
    const isValid = (value: unknown) => Number.isFinite(value) && (value as number) >= least;
    if (!(Array.isArray(values) && values.length === channels && values.every(isValid))) {
      const kind = name === 'mean' ? 'finite' : 'finite, not negative';
      throw badArgument(`perChannel's ${name}`, `a list of ${channels} ${kind} numbers`, values);
    }
  }
}
