import type { DType, FloatArray, Tensor } from '../tensor/tensor.js';
import type { CsvOptions } from './csv-options.js';
import type { ScalingMethod } from './scaling-options.js';

/**
 * Numbers over time: a tensor or a list [time, features], or one of [time] for a single feature; or columns by name, of one
 * length.
 */
export type TimeSeries =
  | Tensor
  | readonly number[]
  | FloatArray
  | readonly (readonly number[] | FloatArray)[]
  | Readonly<Record<string, readonly number[] | FloatArray>>;

/** A column of a series by its name, or by its index from 0; −1 is the last column. */
export type SeriesColumn = string | number;

/** How a series is cut into windows. */
export interface WindowOptions {
  /** Time steps of a window, which are the input of the net. */
  readonly length: number;
  /** Time steps that are forecast. */
  readonly horizon: number;
  /** The column or columns that are forecast. A series of one column needs no name. */
  readonly target?: SeriesColumn | readonly SeriesColumn[] | undefined;
  /** The columns that windows hold, in this order. Default: all, the targets included. */
  readonly features?: readonly SeriesColumn[] | undefined;
  /** Time steps from the start of a window to that of the next one; default 1. */
  readonly stride?: number | undefined;
  /** Time steps between the end of a window and the first step that is forecast; default 0. */
  readonly gap?: number | undefined;
  /**
   * The last windows of each series are the test set: below 1 a share of them, from 1 on their number. Default: none. Windows
   * before them whose targets reach into the time that the test set forecasts belong to no set.
   */
  readonly test?: number | undefined;
  /** The last of the remaining windows of each series are the validation set, in the same form. Default: none. */
  readonly validation?: number | undefined;
  /**
   * How features and targets are scaled, each column by itself; default 'standard'. The scaling is computed from the time
   * steps of the training windows alone. False: no scaling.
   */
  readonly scale?: ScalingMethod | false | undefined;
}

/** Options of `timeSeriesWindows`. */
export interface TimeSeriesOptions extends WindowOptions {
  /** The names of the columns of tensors and lists. */
  readonly names?: readonly string[] | undefined;
  /** The type of the numbers in memory. Default: that of the tensors, 'float32' for all others. */
  readonly dtype?: DType | undefined;
}

/** The options of CSV files that files of series have, too. */
type SeriesCsvOptions = Pick<
  CsvOptions,
  | 'ignore'
  | 'header'
  | 'delimiter'
  | 'quote'
  | 'comment'
  | 'encoding'
  | 'decimal'
  | 'categorical'
  | 'dates'
  | 'missingCells'
  | 'dtype'
>;

/** Options of `timeSeriesFromCsv`. */
export interface TimeSeriesCsvOptions extends WindowOptions, SeriesCsvOptions {
  readonly target: SeriesColumn | readonly SeriesColumn[];
  /**
   * The column of the time of each row: dates, or numbers. It must ascend, and is no feature, unless `dates` makes features of
   * it. Without it, rows are taken in their order.
   */
  readonly time?: SeriesColumn | { readonly column: SeriesColumn; readonly format?: string | undefined } | undefined;
  /** Sorts the rows by `time`, instead of refusing a file whose times do not ascend. */
  readonly sort?: boolean | undefined;
  /** The column of the name of the series to which a row belongs, for several series in one file. */
  readonly series?: SeriesColumn | undefined;
  /** How missing cells are treated: an error (default), or filled with the number of the time step before. */
  readonly missing?: 'error' | 'previous' | undefined;
}
