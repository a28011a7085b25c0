import type { AnyTensor } from '../tensor.js';
import type { DataReader } from './data-reader.js';

/** The rows of a batch: x is rows × features, y is rows × outputs. */
export interface RowBatch {
  readonly x: AnyTensor;
  readonly y: AnyTensor;
}

/** Returns the batches of one epoch. It is called for every epoch, and returns the same rows each time. */
export type BatchSource = () => Iterable<RowBatch> | AsyncIterable<RowBatch>;

/** Options of `DataReader.fromBatches`. */
export interface StreamOptions {
  /** The count of rows in an epoch; the source may have more. Default: all rows that it gives. */
  readonly numTrain?: number | undefined;
  /** The test set: tensors, or the training rows of another reader. */
  readonly xTest?: AnyTensor | undefined;
  readonly yTest?: AnyTensor | undefined;
  readonly test?: DataReader | undefined;
  /** The validation set: tensors, or the training rows of another reader. */
  readonly xValidation?: AnyTensor | undefined;
  readonly yValidation?: AnyTensor | undefined;
  readonly validation?: DataReader | undefined;
}
