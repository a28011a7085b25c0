/** What the rows of images look like, and how training changes them. */
export interface ImageOptions {
  /** 'image': rows of shape [channels, height, width]; 'vector': flat ones. */
  readonly mode?: ImageMode | undefined;
  /** Random changes of the training images, each time they are trained on. Default: none. */
  readonly augment?: Augmentation | undefined;
}

export type ImageMode = 'image' | 'vector';

/**
 * Random changes, made on the images' way to a batch of `net.train`, never in evaluation, nor in `xTrain`. They are a
 * function of the net's seed, the number of the training step and the row in the batch, and of nothing else. Pixels
 * from beyond the frame are 0 before normalisation.
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
   * (x / 255 − mean) / deviation, channel by channel: as the training images have them (`true`), or as given here.
   * Default: x / 255.
   */
  readonly perChannel?: boolean | ChannelStatistics | undefined;
}
