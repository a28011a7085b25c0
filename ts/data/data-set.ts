// @internal
import type { AnyTensor } from '../tensor/tensor.js';
import type { Labels } from './labels.js';
import type { Normalizer } from './normalizer.js';
import type { Part, Side } from './part.js';
import type { RankRows } from './rank-rows.js';
import type { Rows } from './rows.js';
import type { Scaling } from './scaling.js';

/** Normalises raw rows; `rowOf` gives the number of a row in the data set, for messages. */
export type RowMap = (rows: AnyTensor, rowOf?: (index: number) => number) => AnyTensor;

/** The labels of a target by its name. */
export type LabelsByName = (name: string) => Labels;

/** The rows of a reader, raw and normalised, in memory or in a stream. */
export interface DataSet {
  readonly numTrain: number;
  /** Names, shapes and types of the training rows, normalised so far as the reader was told to; it may have no rows. */
  readonly like: Part;
  /** The training rows, normalised so far as the reader was told to; a stream throws. */
  readonly train: Part;
  readonly test: Part | undefined;
  readonly validation: Part | undefined;
  readonly rawTrain: Part;
  readonly rawTest: Part | undefined;
  /** The training rows of a stream; undefined for rows in memory. */
  readonly stream: RowStream | undefined;
  /** Learns a scaling from the raw columns of an input or a target. */
  normalizerOf(side: Side, name: string, scaling: Scaling): Normalizer;
  /** The raw labels of a target in all sets. */
  rawLabels(name: string): Labels[];
  /** The training labels of a target, normalised so far as the reader was told to. */
  trainLabels(name: string): Labels;
  /** Replaces rows of all sets by what their maps make of the raw rows; changes nothing if one of them throws. */
  replace(side: Side, maps: Readonly<Record<string, RowMap>>): void;
  /** Changes how the bytes of the features become numbers of a batch; the bytes themselves stay. */
  changeX(change: (rows: Rows) => Rows): void;
  /**
   * Makes the first training rows the validation set; `shareOf` gives their number.
   * @param check - called with the labels that would be left for training, before anything changes; may throw
   */
  takeValidation(k: number, check: (labels: LabelsByName) => void): void;
  /**
   * Makes random training rows the test set; `shareOf` gives their number.
   * @param check - as for `takeValidation`
   */
  takeTest(k: number, seed: number, check: (labels: LabelsByName) => void): void;
  shuffle(seed: number): void;
}

/** Training rows that come in pieces, in order, the same each epoch. */
export interface RowStream {
  /** Rows of an epoch, of all ranks together. */
  readonly count: number;
  /** Where ranks share the rows: which of them `open` gives. */
  readonly share?: RankRows | undefined;
  /** Names, shapes and types of the rows: a part without any. */
  readonly like: Part;
  /**
   * Starts an epoch. Its parts are normalised and have any row count; the memory of a part may be reused for the next.
   * A caller that does not read to the end calls `return`, so that the source can close its files.
   */
  open(): AsyncIterator<Part>;
}
