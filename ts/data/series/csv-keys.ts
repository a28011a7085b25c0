// @internal
import { badArgument } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { listed } from '../csv/columns.js';
import { dialectOf } from '../csv/dialect.js';
import { CsvRecords } from '../csv/records.js';
import type { CsvOptions } from '../csv-options.js';
import { CellProblem } from '../preparation/cells.js';
import type { SeriesColumn } from '../time-series-options.js';
import { notAscending, RowTimes } from './row-times.js';

/** The columns that tell where and when a row belongs. */
export interface KeyColumns {
  readonly time: { readonly column: SeriesColumn; readonly format?: string | undefined } | undefined;
  readonly series: SeriesColumn | undefined;
  readonly sort: boolean;
}

/** Rows of a series in order of time. */
export interface SeriesRows {
  /** Undefined where the file holds one series. */
  readonly name: string | undefined;
  readonly rows: Int32Array;
}

interface Key {
  readonly row: number;
  readonly time: number;
  readonly cell: string;
}

/** The name of a column in a list of names. */
export function nameIn(names: readonly string[], column: SeriesColumn, option: string): string {
  const name = typeof column === 'number' ? names.at(column) : column;
  if (name !== undefined && names.includes(name) && (typeof column === 'string' || Number.isInteger(column)))
    return name;
  throw badArgument(option, `a column of the file (${listed(names)})`, column);
}

/**
 * The names of a file's columns.
 * @throws BlasnetError `ERR_BAD_FILE` for a file without a line
 */
export async function readNames(path: string, options: CsvOptions): Promise<readonly string[]> {
  const records = new CsvRecords(path, dialectOf(options, 'train'));
  const { header = true } = options;
  try {
    for await (const cells of await records.open()) {
      if (Array.isArray(header)) return header;
      return header === true ? cells : cells.map((_, i) => String(i));
    }
  } catch (error) {
    throw await records.explain(error, header);
  }
  throw badFile(`'${path}'`, header === true ? 'a header line' : 'at least one row', 'none');
}

/**
 * Reads which rows of a file make which series, in order of time.
 * @param names - of the file's columns
 * @throws BlasnetError `ERR_BAD_FILE` that names the line of a time that cannot be read, or does not ascend
 */
export async function readSeriesRows(
  path: string,
  options: CsvOptions,
  names: readonly string[],
  count: number,
  { time, series, sort }: KeyColumns,
): Promise<readonly SeriesRows[]> {
  if (!time && series === undefined)
    return [{ name: undefined, rows: Int32Array.from({ length: count }, (_, i) => i) }];
  const [timePlace, seriesPlace] = [time?.column, series].map((column, i) =>
    column === undefined ? -1 : names.indexOf(nameIn(names, column, ['time', 'series'][i]!)),
  );
  const records = new CsvRecords(path, dialectOf(options, 'train'));
  const times = new RowTimes(time?.format);
  const skipped = (options.header ?? true) === true ? 1 : 0;
  const groups = new Map<string, Key[]>();
  let index = 0;
  try {
    for await (const cells of await records.open()) {
      if (index++ < skipped) continue;
      const group = series === undefined ? '' : cells[seriesPlace!]!;
      const cell = time ? cells[timePlace!]! : '';
      const key = { row: index - 1 - skipped, time: time ? times.read(cell) : index, cell };
      const keys = groups.get(group);
      if (keys) keys.push(key);
      else groups.set(group, [key]);
    }
  } catch (error) {
    if (!(error instanceof CellProblem)) throw await records.explain(error, options.header);
    const place = `line ${await records.lineOf(index - 1)} of '${path}', column '${names[timePlace!]}'`;
    throw badFile(place, error.expected, error.received, error);
  }
  const all: SeriesRows[] = [];
  for (const [group, keys] of groups) {
    if (sort) keys.sort((a, b) => a.time - b.time || a.row - b.row);
    const at = keys.findIndex((key, i) => i > 0 && key.time <= keys[i - 1]!.time);
    if (at > 0) {
      const line = await records.lineOf(keys[at]!.row + skipped);
      const isTwice = keys[at]!.time === keys[at - 1]!.time;
      const hint = isTwice ? 'series names the column of several series' : 'sort: true brings rows into order';
      throw notAscending(`line ${line} of '${path}'`, keys[at]!.cell, keys[at - 1]!.cell, hint);
    }
    all.push({ name: series === undefined ? undefined : group, rows: Int32Array.from(keys, ({ row }) => row) });
  }
  return all;
}
