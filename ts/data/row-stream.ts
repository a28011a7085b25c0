import type { Tensor } from '../tensor.js';
import type { DataReader } from './data-reader.js';

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
