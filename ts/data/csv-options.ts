import type { DType } from '../tensor.js';

/** A column by its name, or by its index from 0; −1 is the last one. */
export type CsvColumnName = string | number;

/** How a category becomes numbers: a column of 0 and 1 for each, or its place in the sorted list of names. */
export type CategoryEncoding = 'oneHot' | 'number';

/**
 * What to do about a cell that is missing: refuse the file, drop the row, or fill the cell. A number column is filled
 * with the mean or the median of the training rows or a given number; in a categorical one the missing cells are a
 * category of their own, under any of these policies. Labels are never filled: 'error' or 'drop'.
 */
export type MissingPolicy = 'error' | 'drop' | 'mean' | 'median' | 'category' | number;

/** The cells of a row by column name, as text. */
export type CsvRow = Readonly<Record<string, string>>;

/** The cells of a row by column name, for `encodeRows`. */
export type RowCells = Readonly<Record<string, string | number>>;

/** How the rows of CSV files become numbers. */
export interface CsvOptions {
  /** The column or columns that hold the labels. A label column of names becomes class numbers from 0 on. */
  readonly label?: CsvColumnName | readonly CsvColumnName[] | undefined;
  /** The columns that are features, in that order; by default all but the labels, derived ones last. */
  readonly columns?: readonly CsvColumnName[] | undefined;
  /** Columns that are not features, though `derive` may use them. */
  readonly ignore?: readonly CsvColumnName[] | undefined;
  /** Whether the first line names the columns (default), or their names; with false they are named '0', '1', …. */
  readonly header?: boolean | readonly string[] | undefined;
  /** What stands between cells; default a tab for .tsv, else a comma. */
  readonly delimiter?: string | undefined;
  /** What cells may be quoted with; default '"', and false where quotes are letters like others. */
  readonly quote?: string | false | undefined;
  /** Lines that begin so are skipped. */
  readonly comment?: string | undefined;
  /** Lines to skip at the start: of both files, or of each. */
  readonly skipLines?: number | { readonly train?: number | undefined; readonly test?: number | undefined } | undefined;
  /**
   * Columns of names, by column; or one encoding for all features whose first cell is not a number. Names are sorted (as
   * numbers where all are numbers), and those of the training file count for the test file, too. One-hot columns may be
   * 2²⁹ numbers in all rows together (2 GiB of float32), and 65,536 columns.
   */
  readonly categorical?: CategoryEncoding | Readonly<Record<string, CategoryEncoding>> | undefined;
  /** What becomes of a category that only the test file has: an error (default), or zeros in all its one-hot columns. */
  readonly unknownCategory?: 'error' | 'zeros' | undefined;
  /** Functions from a cell's text to a number, or to another text, by column. Missing cells do not get there. */
  readonly transform?: Readonly<Record<string, (cell: string) => number | string>> | undefined;
  /** Further columns made from whole rows: `{ saleYear: ({ date }) => date.slice(0, 4) }`. */
  readonly derive?: Readonly<Record<string, (row: CsvRow) => number | string>> | undefined;
  /** What cells count as missing; default '', '?', 'NA' and 'NaN'. */
  readonly missingCells?: readonly string[] | undefined;
  /** What to do about them, everywhere or by column, with '*' for all columns that are not named; default 'error'. */
  readonly missing?: MissingPolicy | Readonly<Record<string, MissingPolicy>> | undefined;
  /** What the numbers are kept in; default 'float32', which has 7 digits. */
  readonly dtype?: DType | undefined;
}
