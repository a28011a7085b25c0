import type { AnyTensor } from '../tensor/tensor.js';
import type { DataReader } from './data-reader.js';
import type { NamedTensors } from './named-tensors.js';

/** The rows of a batch: x is rows × features, y is rows × outputs. */
export interface RowBatch {
  readonly x: AnyTensor;
  readonly y: AnyTensor;
}

/** The rows of a batch for several inputs or outputs, by their names. */
export interface NamedRowBatch {
  readonly x: AnyTensor | NamedTensors;
  readonly y: AnyTensor | NamedTensors;
}

/** Returns the batches of one epoch. It is called for every epoch, and returns the same rows each time. */
export type BatchSource = () => Iterable<NamedRowBatch> | AsyncIterable<NamedRowBatch>;

/** Options of `DataReader.fromBatches`. */
export interface StreamOptions {
  /** The count of rows in an epoch; the source may have more. Default: all rows that it gives. */
  readonly numTrain?: number | undefined;
  /** The test set: tensors, or the training rows of another reader. */
  readonly xTest?: AnyTensor | NamedTensors | undefined;
  readonly yTest?: AnyTensor | NamedTensors | undefined;
  readonly test?: DataReader | undefined;
  /** The validation set: tensors, or the training rows of another reader. */
  readonly xValidation?: AnyTensor | NamedTensors | undefined;
  readonly yValidation?: AnyTensor | NamedTensors | undefined;
  readonly validation?: DataReader | undefined;
}
