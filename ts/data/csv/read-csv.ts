// @internal
import type { ColumnEncoding } from '../../preparation/column-encoding.js';
import { RowEncoder } from '../../preparation/row-encoder.js';
import type { Tensor } from '../../tensor.js';
import type { CsvOptions, RowCells } from '../csv-options.js';
import type { Part } from '../part.js';
import { rowsOf } from '../rows.js';
import { checkCsvOptions } from './check-options.js';
import { Encoder, type RowOrder } from './encode.js';
import { requireNotTooDense } from './one-hot.js';
import { readTable } from './read-table.js';
import type { NumberTable } from './table.js';

/** Which rows of one file are for training and which for the test. */
export type RowSplit = (count: number) => { readonly train: Int32Array; readonly test: Int32Array };

/** What CSV files held. */
export interface CsvData {
  readonly train: Part;
  readonly test: Part | undefined;
  /** Names of categories by column. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
  /** Names of the columns of x. */
  readonly featureNames: readonly string[];
  /** How the cells of the features are encoded; absent where functions of the user have a part in it. */
  readonly columns: readonly ColumnEncoding[] | undefined;
  /** What the label's class numbers are called; absent for numbers, and for several labels. */
  readonly labelNames: readonly string[] | undefined;
  /** The features of further rows, encoded as those of the files. */
  readonly encodeRows: (rows: readonly RowCells[]) => Tensor;
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
    encodeRows: (rows) => encoder.encode(rows, dtype),
  };
}

function* codesOf(table: NumberTable, column: number): Generator<number> {
  for (let row = 0; row < table.count; row++) yield table.at(row, column);
}
