import type { ColumnEncoding } from './column-encoding.js';

/** The scaling of raw rows: (x / divisor − offset) · scale. */
export interface FeatureScaling {
  /** 'column': `offset` and `scale` have a number for each number of a row; 'channel': for each channel of an image. */
  readonly per: 'column' | 'channel';
  readonly divisor: number;
  readonly offset: readonly number[];
  /** 0 for a constant column. */
  readonly scale: readonly number[];
}

/** The scaling of a net's outputs to labels as they are in the file: y · scale + offset, column by column. */
export interface LabelScaling {
  readonly offset: readonly number[];
  readonly scale: readonly number[];
}

/**
 * Converts raw rows to a net's input, and its outputs to answers, as the reader did with the data that the net was
 * trained on. Plain JSON, which is saved with the net.
 */
export interface Preparation {
  /** Shape of a raw row, encoded but not scaled; rows may have any shape of that size. */
  readonly inputShape: readonly number[];
  /** Channels, height and width if rows are images, flat ones included. */
  readonly image?: readonly [channels: number, height: number, width: number];
  /** The scaling of features; absent if they are not scaled. */
  readonly x?: FeatureScaling;
  /** The scaling of labels; absent if they are not scaled. */
  readonly y?: LabelScaling;
  /** The names of the classes, in order of the outputs; for one output, those of 0 and of 1. */
  readonly classes?: readonly string[];
  /** The names of the numbers of an encoded row. */
  readonly featureNames?: readonly string[];
  /** The encodings of the cells of a row; absent if functions of the user take part in it. */
  readonly columns?: readonly ColumnEncoding[];
}
