import { badArgument, clipped } from '../core/errors.js';
import { checkOptions, fieldsOf, repeated } from '../core/fields.js';
import { badFile } from '../core/files.js';
import { definedFields } from '../core/objects.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkCsvOptions } from './csv/check-options.js';
import { Encoder } from './csv/encode.js';
import { requireNotTooDense } from './csv/one-hot.js';
import { codesOf } from './csv/read-csv.js';
import { type CsvFile, readTable } from './csv/read-table.js';
import { CsvColumnsError, type CsvMend, type CsvProblem } from './csv-columns-error.js';
import type { CsvOptions } from './csv-options.js';
import { type ColumnEncoding, widthOf } from './preparation/column-encoding.js';
import { requireLong, windowOptionNames, windowSettings } from './series/check-window-options.js';
import { type KeyColumns, nameIn, readNames, readSeriesRows } from './series/csv-keys.js';
import { columnsNamed, takeColumns } from './series/known-series.js';
import type { SeriesColumn, TimeSeriesCsvOptions } from './time-series-options.js';
import { TimeSeriesReader } from './time-series-reader.js';

const csvNames = [
  ...(['ignore', 'header', 'delimiter', 'quote', 'comment', 'encoding', 'decimal', 'categorical', 'dates'] as const),
  ...(['missingCells', 'dtype'] as const),
];

/**
 * Reads a CSV file of a time series, a row for each time step, and makes windows of it as `timeSeriesWindows` does. Columns of
 * names and of dates become features as in other CSV files.
 * @throws BlasnetError `ERR_BAD_FILE` for cells that cannot be read and for times that do not ascend, and what
 *   `timeSeriesWindows` throws
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { timeSeriesFromCsv } from 'blasnet';
 *
 * const lines = Array.from({ length: 48 }, (_, hour) => `2024-03-0${1 + Math.floor(hour / 24)}T${hour % 24}:00,${hour}`);
 * await writeFile('load.csv', ['time,load', ...lines].join('\n'));
 * const reader = await timeSeriesFromCsv('load.csv', { time: 'time', target: 'load', length: 12, horizon: 3, test: 0.2 });
 * [reader.numTrain, reader.numTest]; // → [ 26, 6 ]
 * ```
 */
export async function timeSeriesFromCsv(path: string, options: TimeSeriesCsvOptions): Promise<TimeSeriesReader> {
  checkOptions(options, [...windowOptionNames, ...csvNames, 'time', 'sort', 'series', 'missing']);
  const settings = windowSettings(options);
  const { keys, csv } = checkedOptions(options);
  const names = await readNames(path, csv);
  const used = columnsIn(names, options, keys);
  const file = await readTable(path, { ...csv, ...used.csv }).catch((error: unknown) => {
    throw error instanceof CsvColumnsError ? withOwnMends(error) : error;
  });
  const rows = await readSeriesRows(path, csv, names, file.table.count, keys);
  const { encoder, encodings } = encoderOf(path, file, csv);
  for (const name of used.targets) requireNumbers(name, encodings, path);
  const columns = used.features === undefined ? encodings : encodings.slice(0, used.features);
  const width = columns.reduce((sum, column) => sum + widthOf(column), 0);
  const places = Array.from({ length: width }, (_, i) => i);
  const series = rows.map(({ name: group, rows: order }) => {
    const name = group === undefined ? `'${path}'` : `series '${clipped(group, 60)}' of '${path}'`;
    const table = encoder.encode(file.table, order) as Tensor;
    fillWithPrevious(table, encoder.names, name);
    requireLong(name, table.rows, settings.sizes);
    const targets = columnsNamed('target', used.targets, table.rowSize, encoder.names);
    return { name, features: takeColumns(table, places), targets: takeColumns(table, targets) };
  });
  const order = keys.time && { ...definedFields(keys.time), column: nameIn(names, keys.time.column, 'time') };
  return new TimeSeriesReader({ series, targetNames: used.targets, columns, ...definedFields({ order }) }, settings);
}

/** The options of the file, and its columns of time and series. */
function checkedOptions(options: TimeSeriesCsvOptions): { readonly keys: KeyColumns; readonly csv: CsvOptions } {
  const { missing = 'error', sort = false, series, dtype = 'float32', time } = options;
  if (missing !== 'error' && missing !== 'previous') throw badArgument('missing', "'error' or 'previous'", missing);
  if (typeof sort !== 'boolean') throw badArgument('sort', 'true or false', sort);
  if (sort && time === undefined) throw badArgument('time', 'a column, for sort,', time);
  const given = Object.fromEntries(csvNames.map((name) => [name, options[name]]));
  const csv: CsvOptions = { ...definedFields(given), dtype };
  checkCsvOptions(csv);
  return { keys: { time: timeOf(time), series, sort }, csv };
}

function timeOf(time: TimeSeriesCsvOptions['time']): KeyColumns['time'] {
  if (typeof time !== 'object') return time === undefined ? undefined : { column: time };
  const { column, format } = fieldsOf('time', time, ['column', 'format']);
  if (format !== undefined && typeof format !== 'string') throw badArgument('time.format', 'a string', format);
  return { column, format };
}

/** The columns in use, by name: features first, then targets that are no features. */
function columnsIn(names: readonly string[], options: TimeSeriesCsvOptions, { time, series }: KeyColumns) {
  const { target, features, ignore = [], dates = {}, missing } = options;
  if (target === undefined) throw badArgument('target', 'the columns to forecast', target);
  const named = (columns: SeriesColumn | readonly SeriesColumn[], option: string) =>
    (Array.isArray(columns) ? (columns as readonly SeriesColumn[]) : [columns as SeriesColumn]).map((column) =>
      nameIn(names, column, option),
    );
  const targets = named(target, 'target');
  const twice = repeated(targets);
  if (targets.length === 0 || twice !== undefined) throw badArgument('target', 'different columns', twice ?? 'none');
  const list = features && named(features, 'features');
  const columns = list && [...list, ...targets.filter((name) => !list.includes(name))];
  const keys = [time && nameIn(names, time.column, 'time'), series !== undefined && nameIn(names, series, 'series')];
  const others = keys.filter((name): name is string => typeof name === 'string' && !Object.hasOwn(dates, name));
  const csv: CsvOptions = {
    label: {},
    ignore: [...new Set([...named(ignore, 'ignore'), ...others])],
    ...definedFields({ columns }),
    // Filled once rows are in their order.
    ...(missing === 'previous' && { missing: Number.NaN }),
  };
  return { targets, features: list?.length, csv };
}

/** Names the options that files of series have. */
function withOwnMends({ code, path, problems }: CsvColumnsError): CsvColumnsError {
  const mend: CsvMend = { option: 'missing', value: 'previous', text: "missing: 'previous'" };
  const mended = problems.map((problem): CsvProblem => {
    const others = problem.mends.filter(({ option }) => option !== 'missing' && option !== 'unknownCategory');
    return { ...problem, mends: problem.kind === 'missing' ? [mend, ...others] : others };
  });
  return new CsvColumnsError(code, path, mended);
}

/** The encoder of the rows of a file that has been read. */
function encoderOf(path: string, { columns, table }: CsvFile, { dtype = 'float32' }: CsvOptions) {
  for (const [i, { categories }] of columns.all.entries()) {
    categories?.close(codesOf(table, i), columns.missingName);
  }
  requireNotTooDense(columns.features, table.count, { path, dtype });
  const encoder = new Encoder(columns.inputs[0]!, { path, table, rows: undefined }, dtype);
  const encodings = encoder.encodings.map((column): ColumnEncoding => {
    const { missing } = column;
    // There is no time step before a window.
    return typeof missing === 'object' && 'fill' in missing ? { ...column, missing: 'error' } : column;
  });
  return { encoder, encodings };
}

function requireNumbers(target: string, encodings: readonly ColumnEncoding[], path: string): void {
  const column = encodings.find(({ name }) => name === target);
  if (!column) throw badArgument('target', `a column of '${path}' that is not left out`, target);
  if (column.encoding !== 'none') throw badArgument('target', `a column of numbers of '${path}'`, target);
}

/** Fills missing numbers, which are NaN, with those of the time step before. */
function fillWithPrevious({ data, rowSize }: Tensor, names: readonly string[], where: string): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isNaN(data[i])) continue;
    if (i < rowSize) throw badFile(`the first time step of ${where}`, `a number in column '${names[i]}'`, 'none');
    data[i] = data[i - rowSize]!;
  }
}
