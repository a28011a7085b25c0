import type { RowShape } from '../layers/layer.js';
import type { Tensor } from '../tensor.js';
import type { DataReader, Part } from './data-reader.js';

/** Rows of a batch, as a source gives them. */
export interface RowBatch {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Gives the rows of one epoch, batch by batch; it is called for every epoch, and gives the same rows each time. */
export type BatchSource = () => Iterable<RowBatch> | AsyncIterable<RowBatch>;

export interface StreamOptions {
  /** Rows of an epoch; the source may have more, even endless ones. By default all that it gives. */
  readonly numTrain?: number | undefined;
  /** The test set: tensors, or the training rows of another reader. */
  readonly xTest?: Tensor | undefined;
  readonly yTest?: Tensor | undefined;
  readonly test?: DataReader | undefined;
  /** The validation set, likewise. */
  readonly xValidation?: Tensor | undefined;
  readonly yValidation?: Tensor | undefined;
  readonly validation?: DataReader | undefined;
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
