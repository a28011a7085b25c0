import { badArgument } from '../errors.js';
import { fieldsOf } from '../fields.js';

/** What the rows of images look like, and how training changes them. */
export interface ImageOptions {
  /** 'image': rows of shape [channels, height, width]; 'vector': flat ones. */
  readonly mode?: ImageMode;
  /** Random changes of the training images, each time they are trained on. Default: none. */
  readonly augment?: Augmentation;
}

export type ImageMode = 'image' | 'vector';

/**
 * Random changes, made on the images' way to a batch of `net.train`, never in evaluation, nor in `xTrain`. They are a
 * function of the net's seed, the number of the training step and the row in the batch, and of nothing else. Pixels
 * from beyond the frame are 0 before normalisation.
 */
export interface Augmentation {
  /** Mirror left and right, with probability 1/2. */
  readonly horizontalFlip?: boolean;
  /** Shift by −crop to crop pixels in each direction: a random cut-out of the image padded with so many zeros. */
  readonly crop?: number;
}

/** Mean and deviation of each channel's pixels divided by 255. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface PixelNormalization {
  /**
   * (x / 255 − mean) / deviation, channel by channel: as the training images have them (`true`), or as given here.
   * Default: x / 255.
   */
  readonly perChannel?: boolean | ChannelStatistics;
}

/** The names of all options; readers have those of their files besides. */
export const imageOptionNames = ['mode', 'augment'] as const satisfies (keyof ImageOptions)[];

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is out of range */
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
