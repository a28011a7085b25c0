// @internal
import type { ColumnEncoding } from '../../preparation/column-encoding.js';
import type { PredictOptions } from '../../preparation/predict-options.js';
import { checkedPredictOptions } from '../../preparation/predict-options.js';
import { RowEncoder } from '../../preparation/row-encoder.js';
import type { Tensor } from '../../tensor.js';
import { CsvColumnsError } from '../csv-columns-error.js';
import type { CsvOptions, RowCells } from '../csv-options.js';
import type { Part } from '../part.js';
import { rowsOf } from '../rows.js';
import { checkCsvOptions } from './check-options.js';
import { Encoder, type RowOrder } from './encode.js';
import { requireNotTooDense } from './one-hot.js';
import { uniqueProblem } from './problems.js';
import { type CsvFile, readTable } from './read-table.js';
import type { NumberTable } from './table.js';

/** Splits the rows of one file into training rows and test rows. */
export type RowSplit = (count: number) => { readonly train: Int32Array; readonly test: Int32Array };

/** The contents of CSV files. */
export interface CsvData {
  readonly train: Part;
  readonly test: Part | undefined;
  /** Names of categories by column. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
  /** Names of the columns of x. */
  readonly featureNames: readonly string[];
  /** How the cells of the features are encoded; undefined if functions of the user take part in it. */
  readonly columns: readonly ColumnEncoding[] | undefined;
  /** The names of the label's class numbers; undefined for numbers, and for several labels. */
  readonly labelNames: readonly string[] | undefined;
  /** Encodes the features of further rows as those of the files. */
  readonly encodeRows: (rows: readonly RowCells[], options: PredictOptions) => Tensor;
  /** Notes for the user, such as a column that was left out. */
  readonly notes: readonly string[];
}

/**
 * Reads one or two CSV files.
 * @throws BlasnetError `ERR_BAD_FILE` for what cannot be read, `ERR_BAD_ARGUMENT` for options that do not fit the files
 */
export async function readCsv(
  trainPath: string,
  testPath: string | undefined,
  options: CsvOptions,
  split: RowSplit | undefined,
): Promise<CsvData> {
  checkCsvOptions(options);
  const { dtype = 'float32' } = options;
  const train = await readTable(trainPath, options);
  const { columns, table } = train;
  for (const [i, { categories }] of columns.all.entries()) {
    categories?.close(codesOf(table, i), columns.missingName);
  }
  requireShared(train, trainPath);
  const test = testPath === undefined ? undefined : await readTable(testPath, options, train);
  const rows = table.count + (test?.table.count ?? 0);
  requireNotTooDense(columns.features, rows, { path: trainPath, dtype });
  const parts = split?.(table.count);
  const training = { path: trainPath, table, rows: parts?.train };
  const x = new Encoder(columns.features, 0, training, dtype);
  const y = new Encoder(columns.labels, columns.features.length, training, dtype);
  const encodings = x.encodings;
  const functions = columns.features.map(({ settings }) => settings);
  const encoder = new RowEncoder(encodings, functions);
  const part = (source: NumberTable, rows?: RowOrder): Part => ({
    x: rowsOf(x.encode(source, rows)),
    y: rowsOf(y.encode(source, rows)),
  });
  return {
    train: part(table, parts?.train),
    test: parts ? part(table, parts.test) : test && part(test.table),
    categories: Object.fromEntries(
      columns.all.flatMap(({ name, categories }) => (categories ? [[name, categories.names]] : [])),
    ),
    featureNames: x.names,
    columns: functions.some(({ transform, derive }) => transform || derive) ? undefined : encodings,
    labelNames: columns.labels.length === 1 ? columns.labels[0]!.categories?.names : undefined,
    encodeRows: (rows, more) => encoder.encode(rows, dtype, 0, checkedPredictOptions(more)),
    notes: train.counter ? [counterNote(trainPath, train.counter.first)] : [],
  };
}

/** @throws CsvColumnsError `ERR_BAD_ARGUMENT` for columns of names of which nearly every row has its own */
function requireShared({ columns, table }: CsvFile, path: string): void {
  const problems = columns.all.flatMap((column, i) => {
    const rows = column.categories ? countOf(codesOf(table, i), (code) => !Number.isNaN(code)) : 0;
    return uniqueProblem(column, rows) ?? [];
  });
  if (problems.length > 0) throw new CsvColumnsError('ERR_BAD_ARGUMENT', path, problems);
}

function countOf(numbers: Iterable<number>, isCounted: (number: number) => boolean): number {
  let count = 0;
  for (const number of numbers) if (isCounted(number)) count++;
  return count;
}

function counterNote(path: string, first: number): string {
  return `A column of '${path}' has no name and counts the rows from ${first}: it is left out of the features`;
}

function* codesOf(table: NumberTable, column: number): Generator<number> {
  for (let row = 0; row < table.count; row++) yield table.at(row, column);
}
