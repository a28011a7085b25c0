// @internal

import type { AnyTensor } from '../../tensor/tensor.js';
import { CsvColumnsError } from '../csv-columns-error.js';
import type { CsvOptions, RowCells } from '../csv-options.js';
import type { NamedRows, Part } from '../part.js';
import type { ColumnEncoding } from '../preparation/column-encoding.js';
import type { PredictOptions } from '../preparation/predict-options.js';
import { checkedPredictOptions } from '../preparation/predict-options.js';
import { RowEncoder } from '../preparation/row-encoder.js';
import { rowsOf } from '../rows.js';
import { checkCsvOptions } from './check-options.js';
import type { ColumnGroup } from './column-groups.js';
import { Encoder, type RowOrder } from './encode.js';
import { requireNotTooDense } from './one-hot.js';
import { uniqueProblem } from './problems.js';
import { type CsvFile, readTable } from './read-table.js';
import type { NumberTable } from './table.js';

/** Splits the rows of one file into training rows and test rows. */
export type RowSplit = (count: number) => { readonly train: Int32Array; readonly test: Int32Array };

/** The columns of an input. */
export interface CsvFeatures {
  /** Names of the columns of the tensor. */
  readonly names: readonly string[];
  /** How the cells are encoded; undefined if functions of the user take part in it. */
  readonly columns: readonly ColumnEncoding[] | undefined;
  /** Encodes further rows as those of the files. */
  readonly encodeRows: (rows: readonly RowCells[], options: PredictOptions) => AnyTensor;
}

/** The names and encodings of CSV files. */
export interface CsvDetails {
  /** Names of categories by column. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
  readonly inputs: Readonly<Record<string, CsvFeatures>>;
  /** The names of each target's class numbers; undefined for numbers, and for several labels. */
  readonly labelNames: Readonly<Record<string, readonly string[] | undefined>>;
  /** Notes for the user, such as a column that was left out. */
  readonly notes: readonly string[];
}

/** The contents of CSV files. */
export interface CsvData {
  readonly train: Part;
  readonly test: Part | undefined;
  readonly csv: CsvDetails;
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
  const encoders = (groups: readonly ColumnGroup[]) =>
    groups.map((group) => ({ group, encoder: new Encoder(group, training, dtype) }));
  const [inputs, targets] = [encoders(columns.inputs), encoders(columns.targets)];
  const part = (source: NumberTable, rows?: RowOrder): Part => {
    const encoded = (all: typeof inputs): NamedRows =>
      Object.fromEntries(all.map(({ group, encoder }) => [group.name, rowsOf(encoder.encode(source, rows))]));
    return { inputs: encoded(inputs), targets: encoded(targets) };
  };
  return {
    train: part(table, parts?.train),
    test: parts ? part(table, parts.test) : test && part(test.table),
    csv: {
      categories: Object.fromEntries(
        columns.all.flatMap(({ name, categories }) => (categories ? [[name, categories.names]] : [])),
      ),
      inputs: Object.fromEntries(inputs.map(({ group, encoder }) => [group.name, featuresOf(group, encoder)])),
      labelNames: Object.fromEntries(targets.map(({ group }) => [group.name, namesOf(group)])),
      notes: train.counter ? [counterNote(trainPath, train.counter.first)] : [],
    },
  };
}

function featuresOf({ columns }: ColumnGroup, { names, encodings, dtype, rowShape }: Encoder): CsvFeatures {
  const functions = columns.map(({ settings }) => settings);
  const encoder = new RowEncoder(encodings, functions);
  return {
    names,
    columns: functions.some(({ transform, derive }) => transform || derive) ? undefined : encodings,
    encodeRows: (rows, options) => {
      const encoded = encoder.encode(rows, dtype, 0, checkedPredictOptions(options));
      return encoded.reshape([encoded.rows, ...rowShape]);
    },
  };
}

/** The names of a target's class numbers. */
function namesOf({ columns }: ColumnGroup): readonly string[] | undefined {
  return columns.length === 1 ? columns[0]!.categories?.names : undefined;
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

/** The numbers of a column of a table. */
export function* codesOf(table: NumberTable, column: number): Generator<number> {
  for (let row = 0; row < table.count; row++) yield table.at(row, column);
}
