// @internal
import type { RowShape } from '../layers/layer.js';
import type { Tensor } from '../tensor.js';
import type { Labels } from './labels.js';
import type { ColumnRanges } from './normalizer.js';
import type { Part } from './part.js';
import type { Rows } from './rows.js';

/** What normalisation makes of raw rows; `rowOf` tells their numbers for messages. */
export type RowMap = (rows: Tensor, rowOf?: (index: number) => number) => Tensor;

/** The rows behind a reader, raw as they came and as normalisation made them: in memory or in a stream. */
export interface DataSet {
  readonly numTrain: number;
  /** Shape of a row of features. */
  readonly xShape: RowShape;
  /** The training rows as they are now; an error for a stream. */
  readonly train: Part;
  readonly test: Part | undefined;
  readonly validation: Part | undefined;
  readonly rawTrain: Part;
  readonly rawTest: Part | undefined;
  /** The training rows where they come in pieces. */
  readonly stream: RowStream | undefined;
  /** The raw columns' ranges over all sets together. */
  rangesOf(which: 'x' | 'y'): ColumnRanges;
  /** The raw labels of all sets. */
  rawLabels(): Labels[];
  /** The training labels as they are now. */
  trainLabels(): Labels;
  /** Replaces x or y of all sets by what `map` makes of the raw rows; changes nothing where that throws. */
  replace(which: 'x' | 'y', map: RowMap): void;
  /** Changes what becomes of the features' bytes on their way to a batch, and not the bytes. */
  changeX(change: (rows: Rows) => Rows): void;
  /**
   * Makes the first ⌊n/k⌋ training rows the validation set.
   * @param check - is shown the labels that training would keep, and may throw to refuse
   */
  takeValidation(k: number, check: (labels: Labels) => void): void;
  /**
   * Makes ⌊n/k⌋ random training rows the test set.
   * @param check - as for `takeValidation`
   */
  takeTest(k: number, seed: number, check: (labels: Labels) => void): void;
  shuffle(seed: number): void;
}

/** Training rows that come in pieces, in order, the same each epoch. */
export interface RowStream {
  /** Rows of an epoch. */
  readonly count: number;
  readonly xShape: RowShape;
  readonly yShape: RowShape;
  /**
   * Starts an epoch. Its parts are normalised and of any row count; a part's memory may be used again for the next one.
   * Whoever does not read to the end calls `return`, so that the source can close what it has open.
   */
  open(): AsyncIterator<Part>;
}
