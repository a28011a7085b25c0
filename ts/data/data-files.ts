import type { CsvOptions } from './csv-options.js';

/**
 * Files of a data set: npz files that hold `data` (rows × features) and `label` (rows × outputs), or CSV files, whose
 * options say which columns are what.
 */
export interface DataFiles extends CsvOptions {
  readonly train: string;
  readonly test?: string | undefined;
  /** By default CSV for .csv, .tsv, .data and .txt, gzipped (.gz) or not, and npz for all others. */
  readonly format?: 'csv' | 'npz' | undefined;
  /** Makes a 1/k of the rows of `train` the test set, chosen at random by the seed (default 0). */
  readonly split?: number | { readonly k: number; readonly seed?: number | undefined } | undefined;
}
