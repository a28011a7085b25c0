import type { Communicator } from '../core/communicator.js';
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

/** The part of a data set that one of several processes reads; a process alone reads all of it. */
export interface RankShare {
  readonly rank: number;
  readonly size: number;
  /**
   * Returns the rows of this rank, in order, for an epoch of `count` rows: pairs of the first row and the one after the last,
   * one pair for each batch that has rows of this rank.
   */
  readonly ranges: (count: number) => Iterable<readonly [from: number, to: number]>;
}

/**
 * Returns the batches of one epoch. It is called for every epoch, and returns the same rows each time: where `communicator` is
 * among the options, those of this rank.
 */
export type BatchSource = (share: RankShare) => Iterable<NamedRowBatch> | AsyncIterable<NamedRowBatch>;

/** Options of `DataReader.fromBatches`. */
export interface StreamOptions {
  /** The count of rows in an epoch, of all ranks together; the source may have more. Default: all rows that it gives. */
  readonly numTrain?: number | undefined;
  /** The test set: tensors, or the training rows of another reader. */
  readonly xTest?: AnyTensor | NamedTensors | undefined;
  readonly yTest?: AnyTensor | NamedTensors | undefined;
  readonly test?: DataReader | undefined;
  /** The validation set: tensors, or the training rows of another reader. */
  readonly xValidation?: AnyTensor | NamedTensors | undefined;
  readonly yValidation?: AnyTensor | NamedTensors | undefined;
  readonly validation?: DataReader | undefined;
  /**
   * The processes that share the rows, from `mpi()` of `blasnet/mpi`: each of them reads its own part, and counts, scalings and
   * classes are those of all rows together. `batchSize` must be given with it.
   */
  readonly communicator?: Communicator | undefined;
  /** The `batchSize` of the net, by which ranks know their rows. */
  readonly batchSize?: number | undefined;
}
