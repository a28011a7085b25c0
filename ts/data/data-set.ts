// @internal
import type { RowShape } from '../layers/layer.js';
import type { AnyTensor } from '../tensor.js';
import type { Labels } from './labels.js';
import type { Normalizer } from './normalizer.js';
import type { Part } from './part.js';
import type { Rows } from './rows.js';
import type { Scaling } from './scaling.js';

/** Normalises raw rows; `rowOf` gives the number of a row in the data set, for messages. */
export type RowMap = (rows: AnyTensor, rowOf?: (index: number) => number) => AnyTensor;

/** The rows of a reader, raw and normalised, in memory or in a stream. */
export interface DataSet {
  readonly numTrain: number;
  /** Shape of a row of features. */
  readonly xShape: RowShape;
  /** The training rows, normalised so far as the reader was told to; a stream throws. */
  readonly train: Part;
  readonly test: Part | undefined;
  readonly validation: Part | undefined;
  readonly rawTrain: Part;
  readonly rawTest: Part | undefined;
  /** The training rows of a stream; undefined for rows in memory. */
  readonly stream: RowStream | undefined;
  /** Learns a scaling from the raw columns. */
  normalizerOf(which: 'x' | 'y', scaling: Scaling): Normalizer;
  /** The raw labels of all sets. */
  rawLabels(): Labels[];
  /** The training labels, normalised so far as the reader was told to. */
  trainLabels(): Labels;
  /** Replaces x or y of all sets by `map` of the raw rows; changes nothing if `map` throws. */
  replace(which: 'x' | 'y', map: RowMap): void;
  /** Changes how the bytes of the features become numbers of a batch; the bytes themselves stay. */
  changeX(change: (rows: Rows) => Rows): void;
  /**
   * Makes the first training rows the validation set; `shareOf` gives their number.
   * @param check - called with the labels that would be left for training, before anything changes; may throw
   */
  takeValidation(k: number, check: (labels: Labels) => void): void;
  /**
   * Makes random training rows the test set; `shareOf` gives their number.
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
   * Starts an epoch. Its parts are normalised and have any row count; the memory of a part may be reused for the next.
   * A caller that does not read to the end calls `return`, so that the source can close its files.
   */
  open(): AsyncIterator<Part>;
}
