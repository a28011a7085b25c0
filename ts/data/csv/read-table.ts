// @internal
import { badFile } from '../../core/files.js';
import { CsvColumnsError } from '../csv-columns-error.js';
import type { CsvOptions } from '../csv-options.js';
import { CellProblem } from '../preparation/cells.js';
import { type Columns, columnsOf, listed, requireFew, requireNames } from './columns.js';
import { dialectOf } from './dialect.js';
import { CellProblems } from './problems.js';
import { CsvRecords } from './records.js';
import { RowCounter } from './row-counter.js';
import { NumberTable } from './table.js';

/** The places of the columns in the rows of a file. */
interface Layout {
  readonly names: readonly string[];
  readonly columns: Columns;
  /** The place of each column in a row; −1 for a derived one. */
  readonly places: Int32Array;
  /** Checks a column without a name; undefined for a file without one. */
  readonly counter: RowCounter | undefined;
}

/** A file's numbers, and the columns that they belong to. */
export interface CsvFile extends Layout {
  readonly table: NumberTable;
}

/**
 * Reads the columns in use of a file: numbers, codes of categories, and NaN where a cell is missing.
 * @param training - the training file, once it is read: the test file has the same columns
 * @throws BlasnetError `ERR_BAD_FILE` that names the line and the column of each problem
 */
export async function readTable(path: string, options: CsvOptions, training?: CsvFile): Promise<CsvFile> {
  const records = new CsvRecords(path, dialectOf(options, training ? 'test' : 'train'));
  const { header = true, dtype = 'float32' } = options;
  const problems = new CellProblems();
  let index = 0; // of the record among all
  let layout: Layout | undefined;
  let table: NumberTable | undefined;
  let row = new Float64Array();
  try {
    for await (const cells of await records.open()) {
      if (!layout || !table) {
        requireFew(cells, `the header of '${path}'`);
        const names = header === true ? cells : Array.isArray(header) ? header : cells.map((_, i) => String(i));
        layout = layoutOf(requireNames(names, `the header of '${path}'`), path, options, training);
        row = new Float64Array(layout.columns.all.length);
        table = new NumberTable(row.length, dtype);
        if (header === true) {
          index++;
          continue;
        }
      }
      if (cells.length !== layout.names.length) {
        const place = `line ${await records.lineOf(index)} of '${path}'`;
        throw badFile(place, `${layout.names.length} cells`, `${cells.length}`);
      }
      const isKept = readRow(row, cells, layout, options, problems, index);
      if (isKept && problems.isEmpty) table.add(row);
      index++;
    }
  } catch (error) {
    throw await records.explain(error, header);
  }
  if (!problems.isEmpty) {
    const lines = await records.linesOf(problems.indexes);
    throw new CsvColumnsError(
      'ERR_BAD_FILE',
      path,
      problems.list((record) => lines.get(record)),
    );
  }
  if (!layout || !table) throw badFile(`'${path}'`, header === true ? 'a header line' : 'at least one row', 'none');
  if (table.count === 0) throw badFile(`'${path}'`, 'at least one row to keep', 'none');
  return { ...layout, table };
}

/**
 * Reads the numbers of a row into `row`, and adds the cells that cannot be read to `problems`.
 * @returns false for a row to drop
 */
function readRow(
  row: Float64Array,
  cells: readonly string[],
  { names, columns, places, counter }: Layout,
  { derive }: CsvOptions,
  problems: CellProblems,
  index: number,
): boolean {
  const byName = derive && rowByName(names, cells);
  let isDropped = false;
  counter?.add(cells, problems, index);
  for (let i = 0; i < row.length; i++) {
    const column = columns.all[i]!;
    if (!problems.isEmpty && problems.isDone(column)) continue;
    const cell = places[i]! < 0 ? column.settings.derive!(byName!) : cells[places[i]!]!;
    try {
      row[i] = column.read(cell);
      isDropped ||= column.settings.missing === 'drop' && Number.isNaN(row[i]);
    } catch (error) {
      if (!(error instanceof CellProblem)) throw error;
      problems.add(column, error, cell, index);
    }
  }
  return !isDropped;
}

function layoutOf(names: readonly string[], path: string, options: CsvOptions, training?: CsvFile): Layout {
  const columns = training?.columns ?? columnsOf(names, options);
  if (training && options.header !== undefined && options.header !== true && names.length !== training.names.length) {
    throw badFile(`'${path}'`, `rows of ${training.names.length} cells, as in the training file`, `${names.length}`);
  }
  const known = new Map(names.map((name, place) => [name, place]));
  const places = Int32Array.from(columns.all, ({ source, settings }) => {
    const place = settings.derive ? -1 : (known.get(source) ?? -1);
    if (place < 0 && !settings.derive) throw badFile(`the header of '${path}'`, `a column '${source}'`, listed(names));
    return place;
  });
  const counter = !training && columns.hasCounter ? new RowCounter(known.get('')!) : undefined;
  return { names, columns, places, counter };
}

/** The cells of a row by the columns' names. */
function rowByName(names: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, cells[i]!]));
}
