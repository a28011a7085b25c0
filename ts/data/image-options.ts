/** Options for the rows of images, and for changes in training. */
export interface ImageOptions {
  /** 'image': rows of shape [channels, height, width]; 'vector': flat rows. */
  readonly mode?: ImageMode | undefined;
  /** Random changes of the training images, each time they are trained on. Default: none. */
  readonly augment?: Augmentation | undefined;
}

export type ImageMode = 'image' | 'vector';

/**
 * Random changes of images as a batch of `net.train` is gathered; not in evaluation, nor in `xTrain`. They depend only on
 * the net's seed, the number of the training step and the row in the batch. Pixels beyond the frame are 0 before
 * normalisation.
 */
export interface Augmentation {
  /** Mirror left and right, with probability 1/2. */
  readonly horizontalFlip?: boolean | undefined;
  /** Shift by −crop to crop pixels in each direction: a random cut-out of the image padded with so many zeros. */
  readonly crop?: number | undefined;
}

/** Mean and deviation of each channel's pixels divided by 255. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface PixelNormalization {
  /**
   * Scales each channel as (x / 255 − mean) / deviation, with those of the training images (`true`) or those given here.
   * Default: x / 255.
   */
  readonly perChannel?: boolean | ChannelStatistics | undefined;
}
