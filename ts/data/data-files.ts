import type { CsvOptions } from './csv-options.js';

/**
 * Files of a data set: npz files that hold `data` (rows × features) and `label` (rows × outputs), or CSV files, whose
 * options describe the columns.
 */
export interface DataFiles extends CsvOptions {
  readonly train: string;
  readonly test?: string | undefined;
  /** Default: 'csv' for .csv, .tsv, .data and .txt, gzipped (.gz) or not, and 'npz' for all others. */
  readonly format?: 'csv' | 'npz' | undefined;
  /**
   * Takes the test set from the rows of `train`, at random by the seed (default 0). Below 1 a share: 0.2 is a fifth of
   * the rows; above 1 a divisor: 5 is a fifth, too.
   */
  readonly split?: number | { readonly k: number; readonly seed?: number | undefined } | undefined;
}
