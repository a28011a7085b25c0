import type { ColumnEncoding } from './column-encoding.js';

/** How numbers of raw rows become those that a net gets: (x / divisor − offset) · scale. */
export interface FeatureScaling {
  /** What `offset` and `scale` hold a number for: each number of a row, or each equal share of it, a channel of an image. */
  readonly per: 'column' | 'channel';
  readonly divisor: number;
  readonly offset: readonly number[];
  /** 0 where a column was constant. */
  readonly scale: readonly number[];
}

/** How outputs of a net for fitting become labels as they were in the file: y · scale + offset, column by column. */
export interface LabelScaling {
  readonly offset: readonly number[];
  readonly scale: readonly number[];
}

/**
 * What turns raw rows into a net's input, and its outputs into answers: what a reader did to the data that the net was
 * trained on. Plain JSON, so that it can travel with the net.
 */
export interface Preparation {
  /** Shape of a raw row, encoded but not scaled; rows may come in any shape of that size. */
  readonly inputShape: readonly number[];
  /** Channels, height and width where rows are images, flat ones included. */
  readonly image?: readonly [channels: number, height: number, width: number];
  /** Absent where rows are trained on as they are. */
  readonly x?: FeatureScaling;
  /** Absent where outputs are answers as they are. */
  readonly y?: LabelScaling;
  /** What the classes are called, in order of the outputs; for one output, those of 0 and of 1. */
  readonly classes?: readonly string[];
  /** What the numbers of a row are called, encoded. */
  readonly featureNames?: readonly string[];
  /** How the cells of a row become its numbers; absent where functions of the user had a part in it. */
  readonly columns?: readonly ColumnEncoding[];
}
