import type { DType } from '../tensor/tensor.js';

/** A column by its name, or by its index from 0; −1 is the last column. */
export type CsvColumnName = string | number;

/** The encoding of a column of names: a column of 0 and 1 for each name, or its place in the sorted list of names. */
export type CategoryEncoding = 'oneHot' | 'number';

/**
 * How a missing cell is treated: refuse the file, drop the row, or fill the cell. A column of numbers is filled with the
 * mean or the median of the training rows, or with a given number. In a column of names, missing cells are a category of
 * their own under each of these policies but 'error' and 'drop'. Labels are never filled: 'error' or 'drop'.
 */
export type MissingPolicy = 'error' | 'drop' | 'mean' | 'median' | 'category' | number;

/** The encoding of a CSV file: UTF-8, or Latin-1 as browsers read it, which is Windows-1252. */
export type CsvEncoding = 'utf-8' | 'latin1';

/**
 * A part of a date that becomes a feature. Numbers: the year, the month (1 to 12), the day of the month (1 to 31), the
 * weekday (0 is Monday, 6 is Sunday), the hour (0 to 23). A cycle makes two features, the sine and the cosine of the
 * place in the year, month, week or day, so that December is next to January.
 */
export type DatePart =
  | 'year'
  | 'month'
  | 'day'
  | 'weekday'
  | 'hour'
  | 'monthCycle'
  | 'dayCycle'
  | 'weekdayCycle'
  | 'hourCycle';

/** A column of dates whose format is given. */
export interface DateColumn {
  readonly parts: DatePart | readonly DatePart[];
  /**
   * The format of the cells, for dates that are not ISO dates: `'DD/MM/YYYY'`, `'MM/DD/YYYY HH:mm'`. The fields are YYYY,
   * MM, DD, HH, mm and ss, or those of strptime: `'%d/%m/%Y %H:%M:%S'`. All other characters stand for themselves.
   */
  readonly format?: string | undefined;
}

/**
 * The columns of an input of a net. `as: 'index'` makes each of them a column of names, of which rows hold the class numbers
 * as int32, for an embedding: one number a row for a single column, a list of them for a list of columns.
 */
export interface CsvInput {
  readonly columns: CsvColumnName | readonly CsvColumnName[];
  readonly as?: 'numbers' | 'index' | undefined;
}

/** The cells of a row by column name, as text. */
export type CsvRow = Readonly<Record<string, string>>;

/**
 * The cells of a row by column name, as `predict` and `encodeRows` take them. An absent cell, null and undefined are
 * missing cells; true and false are 1 and 0 in a column of numbers, and the names for them in a column of categories.
 */
export type RowCells = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The column or columns of a target. */
export type CsvLabel = CsvColumnName | readonly CsvColumnName[];

/** How the rows of CSV files become numbers. */
export interface CsvOptions {
  /**
   * The column or columns of the labels, or those of each target by name. A label column of names becomes class numbers
   * from 0 on.
   */
  readonly label?: CsvLabel | Readonly<Record<string, CsvLabel>> | undefined;
  /** The columns that are features, in this order. Default: all but the labels; derived columns come last. */
  readonly columns?: readonly CsvColumnName[] | undefined;
  /**
   * The columns of each input by name, in place of `columns`: `{ sales: ['week1', 'week2'], shop: { columns: 'shop', as:
   * 'index' } }`. Columns that no input names are left out.
   */
  readonly inputs?: Readonly<Record<string, CsvColumnName | readonly CsvColumnName[] | CsvInput>> | undefined;
  /**
   * Columns of names that are inputs of their own, for an embedding, each by its name: int32 numbers from 1 on, in the order of
   * `categories`. 0 stands for a name that the training file does not have. All other features are the input 'features'.
   */
  readonly embed?: CsvColumnName | readonly CsvColumnName[] | undefined;
  /** Columns that are not features. `derive` may still use them. */
  readonly ignore?: readonly CsvColumnName[] | undefined;
  /** True (default): the first line names the columns; a list: the names; false: the names are '0', '1', …. */
  readonly header?: boolean | readonly string[] | undefined;
  /** The text between cells. Default: a tab for .tsv, else a comma, or what the first line has instead: `;`, tab or `|`. */
  readonly delimiter?: string | undefined;
  /** The character around quoted cells, default '"'; false: quotes are characters like others. */
  readonly quote?: string | false | undefined;
  /** Lines that begin with this text are skipped. */
  readonly comment?: string | undefined;
  /** Lines to skip at the start of both files, or of each. */
  readonly skipLines?: number | { readonly train?: number | undefined; readonly test?: number | undefined } | undefined;
  /** Encoding of the files, default 'utf-8'. A file with bytes that are not UTF-8 is refused. */
  readonly encoding?: CsvEncoding | undefined;
  /** The decimal mark, default '.'; with ',' the delimiter is by default a semicolon, if the first line has one. */
  readonly decimal?: '.' | ',' | undefined;
  /**
   * Columns of names, by column, or one encoding for all features whose first cell is not a number. Names are sorted (as
   * numbers if all are numbers); the test file has the names of the training file. One-hot columns may take 2²⁹ numbers
   * over all rows (2 GiB of float32) and 65,536 columns. A column in which nearly every value is unique is refused.
   */
  readonly categorical?: CategoryEncoding | Readonly<Record<string, CategoryEncoding>> | undefined;
  /** A category that only the test file has: an error (default), or zeros in all its one-hot columns. */
  readonly unknownCategory?: 'error' | 'zeros' | undefined;
  /**
   * Columns of dates, by column: the parts that become features. `{ sold: ['year', 'monthCycle'] }` makes `sold.year`,
   * `sold.month.sin` and `sold.month.cos`. Cells are ISO dates with or without a time (2014-10-13, 2014/10/13, 20141013,
   * 20141013T000000), or 10/13/2014 where day and month cannot be confused, or of the `format` of a {@link DateColumn}.
   */
  readonly dates?: Readonly<Record<string, DatePart | readonly DatePart[] | DateColumn>> | undefined;
  /** Functions from a cell's text to a number or to another text, by column. They are not called for missing cells. */
  readonly transform?: Readonly<Record<string, (cell: string) => number | string>> | undefined;
  /** Further columns made from whole rows: `{ rooms: ({ beds, baths }) => Number(beds) + Number(baths) }`. */
  readonly derive?: Readonly<Record<string, (row: CsvRow) => number | string>> | undefined;
  /**
   * The cells that count as missing. Default: '', '?' and those of pandas: 'NA', 'N/A', 'n/a', 'NaN', 'nan', 'null',
   * 'NULL', 'None', '<NA>', '#N/A', ….
   */
  readonly missingCells?: readonly string[] | undefined;
  /**
   * How missing cells are treated, in all columns or by column, with '*' for all columns that are not named; default
   * 'error'.
   */
  readonly missing?: MissingPolicy | Readonly<Record<string, MissingPolicy>> | undefined;
  /** The type of the numbers in memory; default 'float32', which has 7 digits. */
  readonly dtype?: DType | undefined;
}
