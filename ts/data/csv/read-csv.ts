// @internal
import { BlasnetError, badArgument } from '../../errors.js';
import type { DType, Tensor } from '../../tensor.js';
import type { CsvOptions, CsvRow, RowCells } from '../csv-options.js';
import type { Part } from '../part.js';
import { rowsOf } from '../rows.js';
import { checkCsvOptions } from './check-options.js';
import { CellProblem, type CsvColumn } from './column.js';
import { Encoder, type RowOrder } from './encode.js';
import { readTable } from './read-table.js';
import { NumberTable } from './table.js';

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
  /** The features of further rows, encoded as those of the files. */
  readonly encodeRows: (rows: readonly RowCells[]) => Tensor;
}

/** Reads one or two CSV files. */
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
  const parts = split?.(table.count);
  const training = { path: trainPath, table, rows: parts?.train };
  const x = new Encoder(columns.features, 0, training, dtype);
  const y = new Encoder(columns.labels, columns.features.length, training, dtype);
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
    encodeRows: (rows) => encodeRows(rows, columns.features, x, dtype),
  };
}

function* codesOf(table: NumberTable, column: number): Generator<number> {
  for (let row = 0; row < table.count; row++) yield table.at(row, column);
}

function encodeRows(rows: readonly RowCells[], columns: readonly CsvColumn[], encoder: Encoder, dtype: DType): Tensor {
  if (!Array.isArray(rows)) throw badArgument('rows', 'an array of rows', rows);
  const table = new NumberTable(columns.length, dtype);
  for (const [i, cells] of rows.entries()) {
    const row = Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, String(cell).trim()]));
    table.add(columns.map((column) => readCell(column, row, i)));
  }
  return encoder.encode(table, undefined);
}

function readCell(column: CsvColumn, row: CsvRow, i: number): number {
  const { name, settings } = column;
  const where = `row ${i}, column '${name}'`;
  if (!settings.derive && !Object.hasOwn(row, name)) throw badArgument(where, 'a cell', undefined);
  try {
    const value = column.read(settings.derive ? settings.derive(row) : row[name]!);
    if (settings.missing !== 'drop' || !Number.isNaN(value)) return value;
    throw new CellProblem('a cell that is not missing', `'${row[name]}'`);
  } catch (cause) {
    if (!(cause instanceof CellProblem)) throw cause;
    const message = `Expected ${cause.expected} for ${where} but received ${cause.received}`;
    throw new BlasnetError('ERR_BAD_ARGUMENT', message, { cause });
  }
}
