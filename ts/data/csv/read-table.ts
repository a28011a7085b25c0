// @internal
import { badArgument, clipped } from '../../errors.js';
import { badFile } from '../../files.js';
import type { CsvOptions } from '../csv-options.js';
import { CellProblem } from './cells.js';
import type { CsvColumn } from './column.js';
import { type Columns, columnsOf, listed, requireFew, requireNames } from './columns.js';
import { CsvRecords } from './records.js';
import { NumberTable } from './table.js';

/** Where the columns are in the rows of a file. */
interface Layout {
  readonly names: readonly string[];
  readonly columns: Columns;
  /** The place of each column in a row; −1 for a derived one. */
  readonly places: Int32Array;
}

/** A file's numbers, and what its columns mean. */
export interface CsvFile extends Layout {
  readonly table: NumberTable;
}

/**
 * Reads the columns in use of a file: numbers, codes of categories, and NaN where a cell is missing.
 * @param training - the training file, once it is read: the test file's columns mean the same
 * @throws BlasnetError `ERR_BAD_FILE` that names the line and the column of what cannot be read
 */
export async function readTable(path: string, options: CsvOptions, training?: CsvFile): Promise<CsvFile> {
  const records = new CsvRecords(path, dialectOf(path, options, training ? 'test' : 'train'));
  const { header = true, dtype = 'float32' } = options;
  let index = 0; // of the record among all
  let column: CsvColumn | undefined;
  let layout: Layout | undefined;
  let table: NumberTable | undefined;
  let row = new Float64Array();
  try {
    for await (const cells of await records.open()) {
      if (!layout) {
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
      column = undefined;
      if (cells.length !== layout.names.length)
        throw new CellProblem(`${layout.names.length} cells`, `${cells.length}`);
      const { columns, places } = layout;
      const byName = options.derive && rowByName(layout.names, cells);
      let isDropped = false;
      for (let i = 0; i < row.length; i++) {
        column = columns.all[i]!;
        row[i] = column.read(places[i]! < 0 ? column.settings.derive!(byName!) : cells[places[i]!]!);
        isDropped ||= column.settings.missing === 'drop' && Number.isNaN(row[i]);
      }
      if (!isDropped) table!.add(row);
      index++;
    }
  } catch (error) {
    if (!(error instanceof CellProblem)) throw await records.explain(error);
    const place = `line ${await records.lineOf(index)}${column ? `, column '${clipped(column.name, 60)}',` : ''} of '${path}'`;
    throw badFile(place, error.expected, error.received, error);
  }
  if (!layout || !table) throw badFile(`'${path}'`, header === true ? 'a header line' : 'at least one row', 'none');
  if (table.count === 0) throw badFile(`'${path}'`, 'at least one row to keep', 'none');
  return { ...layout, table };
}

function layoutOf(names: readonly string[], path: string, options: CsvOptions, training?: CsvFile): Layout {
  const columns = training?.columns ?? columnsOf(names, options);
  if (training && options.header !== undefined && options.header !== true && names.length !== training.names.length) {
    throw badFile(`'${path}'`, `rows of ${training.names.length} cells, as in the training file`, `${names.length}`);
  }
  const known = new Map(names.map((name, place) => [name, place]));
  const places = Int32Array.from(columns.all, ({ name, settings }) => {
    const place = settings.derive ? -1 : (known.get(name) ?? -1);
    if (place < 0 && !settings.derive) throw badFile(`the header of '${path}'`, `a column '${name}'`, listed(names));
    return place;
  });
  return { names, columns, places };
}

function dialectOf(
  path: string,
  { delimiter, quote = '"', comment, skipLines = 0 }: CsvOptions,
  set: 'train' | 'test',
) {
  const dialect = {
    delimiter: delimiter ?? (/\.tsv(\.gz)?$/i.test(path) ? '\t' : ','),
    quote,
    comment,
    skipLines: typeof skipLines === 'number' ? skipLines : (skipLines[set] ?? 0),
  };
  if (quote !== false && dialect.delimiter.includes(quote))
    throw badArgument('quote', 'no part of the delimiter', quote);
  return dialect;
}

/** The cells of a row by the columns' names. */
function rowByName(names: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, cells[i]!]));
}
