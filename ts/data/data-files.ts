import type { CsvOptions } from './csv-options.js';

/** An input of a net in an npz file. `as: 'index'` reads class numbers, as int32. */
export interface NpzInput {
  readonly array: string;
  readonly as?: 'numbers' | 'index' | undefined;
}

/** The array of rows without a name, or the arrays of inputs or targets by name: `{ sales: 'sales', shop: { array: 'shop', as: 'index' } }`. */
export type NpzArrays = string | Readonly<Record<string, string | NpzInput>>;

/**
 * Names of arrays in npz files. `x` and `y` are in the training file and, where there is one, in the test file; the others
 * name the arrays of one set. Without a test file, `xTest` and `yTest` are in the training file.
 */
export interface NpzNames {
  readonly x?: NpzArrays | undefined;
  readonly y?: NpzArrays | undefined;
  readonly xTrain?: NpzArrays | undefined;
  readonly yTrain?: NpzArrays | undefined;
  readonly xTest?: NpzArrays | undefined;
  readonly yTest?: NpzArrays | undefined;
}

/**
 * Files of a data set: CSV files, whose options tell what the columns mean, or npz files. An npz file holds features
 * (rows × features) and labels (rows, or rows × outputs) as `data` and `label`, as `x_train` and `y_train` (with `x_test`
 * and `y_test` the test set, in the same file or in one of its own, as in Keras's `mnist.npz`), or under the names of
 * `arrays`. Features of uint8 with three dimensions are images of one channel, rows of shape [1, height, width]; with four,
 * the last of which is 1, 3 or 4, they are images with their channels last, which become rows [channels, height, width].
 */
export interface DataFiles extends CsvOptions {
  readonly train: string;
  readonly test?: string | undefined;
  /** Default: 'csv' for .csv, .tsv, .data and .txt, gzipped (.gz) or not, and 'npz' for all others. */
  readonly format?: 'csv' | 'npz' | undefined;
  /** Names of arrays in npz files. */
  readonly arrays?: NpzNames | undefined;
  /**
   * Takes the test set from the rows of `train`, at random by the seed (default 0). Below 1 a share: 0.2 is a fifth of
   * the rows; above 1 a divisor: 5 is a fifth, too.
   */
  readonly split?: number | { readonly k: number; readonly seed?: number | undefined } | undefined;
}
