import { CellProblem, limits, requireWithin, toNumber } from '../data/csv/cells.js';
import type { CsvRow, RowCells } from '../data/csv-options.js';
import { BlasnetError, badArgument, describe } from '../errors.js';
import { type DType, type FloatArray, Tensor } from '../tensor.js';
import { type ColumnEncoding, widthOf } from './column-encoding.js';

/** What a user's options do to a column's cells before they are encoded. */
export interface CellFunctions {
  readonly transform?: ((cell: string) => number | string) | undefined;
  readonly derive?: ((row: CsvRow) => number | string) | undefined;
}

/** A column, ready to encode. */
interface Column extends CellFunctions {
  readonly encoding: ColumnEncoding;
  readonly missingCells: ReadonlySet<string>;
  readonly places: ReadonlyMap<string, number>;
  /** Its first number in a row. */
  readonly offset: number;
}

/** Makes rows of numbers from rows of cells by column name. */
export class RowEncoder {
  readonly #columns: readonly Column[];
  /** Numbers of a row. */
  readonly width: number;

  /** @param functions - those of each column */
  constructor(encodings: readonly ColumnEncoding[], functions: readonly CellFunctions[] = []) {
    let offset = 0;
    this.#columns = encodings.map((encoding, i) => {
      const column: Column = {
        encoding,
        missingCells: new Set(encoding.missingCells),
        places: new Map(encoding.categories?.map((name, place) => [name, place])),
        offset,
        transform: functions[i]?.transform,
        derive: functions[i]?.derive,
      };
      offset += widthOf(encoding);
      return column;
    });
    this.width = offset;
  }

  /**
   * The rows as a tensor, rows × width.
   * @param first - the number of the first row, for messages
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row and the column of a cell that cannot be read
   */
  encode(rows: readonly RowCells[], dtype: DType, first = 0): Tensor {
    if (!Array.isArray(rows)) throw badArgument('rows', 'an array of rows', rows);
    const tensor = Tensor.zeros([rows.length, this.width], dtype);
    for (const [i, cells] of rows.entries()) {
      if (typeof cells !== 'object' || cells === null)
        throw badArgument(`row ${first + i}`, 'cells by column name', cells);
      // Those that derive columns are shown the whole row.
      const row = this.#columns.some(({ derive }) => derive) ? textsOf(cells) : undefined;
      for (const column of this.#columns) {
        const content = contentOf(column, cells, row, first + i);
        write(column, content, limits[dtype], tensor.data, i * this.width + column.offset, first + i);
      }
    }
    return tensor;
  }
}

function textsOf(cells: RowCells): CsvRow {
  return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, String(cell).trim()]));
}

/** A cell's text, or what functions make of it. */
function contentOf(column: Column, cells: RowCells, row: CsvRow | undefined, i: number): string | number {
  const { encoding, transform, derive, missingCells } = column;
  if (derive) return made('derive', derive(row!), encoding, i);
  const cell = Object.hasOwn(cells, encoding.name) ? cells[encoding.name] : undefined;
  if (typeof cell !== 'string' && typeof cell !== 'number') throw badArgument(whereOf(encoding, i), 'a cell', cell);
  const text = String(cell).trim();
  return transform && !missingCells.has(text) ? made('transform', transform(text), encoding, i) : text;
}

function made(maker: string, value: unknown, encoding: ColumnEncoding, i: number): string | number {
  if (typeof value === 'string' || (typeof value === 'number' && !Number.isNaN(value))) return value;
  throw badArgument(whereOf(encoding, i), `a number or a string from ${maker}`, value);
}

function write(column: Column, value: string | number, limit: number, data: FloatArray, at: number, i: number): void {
  const { encoding } = column.encoding;
  try {
    const number = encoding === 'none' ? numberOf(column, value, limit) : placeOf(column, value);
    if (encoding !== 'oneHot') data[at] = number;
    else if (number >= 0) data[at + number] = 1;
  } catch (cause) {
    if (!(cause instanceof CellProblem)) throw cause;
    const message = `Expected ${cause.expected} for ${whereOf(column.encoding, i)} but received ${cause.received}`;
    throw new BlasnetError('ERR_BAD_ARGUMENT', message, { cause });
  }
}

function numberOf({ encoding: { missing }, missingCells }: Column, value: string | number, limit: number): number {
  if (typeof value === 'string' && missingCells.has(value)) {
    if (typeof missing === 'object' && 'fill' in missing) return missing.fill;
    throw new CellProblem('a cell that is not missing', describe(value));
  }
  const number = typeof value === 'string' ? toNumber(value) : value;
  if (Number.isNaN(number)) throw new CellProblem('a number', describe(value));
  requireWithin(number, limit, value);
  return number;
}

/** The place of a category; −1 for an unknown one that becomes zeros. */
function placeOf(column: Column, value: string | number): number {
  const { missing, unknown, categories } = column.encoding;
  let name = String(value);
  if (typeof value === 'string' && column.missingCells.has(value)) {
    if (missing === 'error') throw new CellProblem('a cell that is not missing', describe(value));
    if (typeof missing === 'object' && 'category' in missing) name = missing.category;
    else return unknownPlace();
  }
  return column.places.get(name) ?? unknownPlace();

  function unknownPlace(): number {
    if (unknown === 'zeros') return -1;
    throw new CellProblem(`one of the training data's ${categories!.length} categories`, describe(value));
  }
}

function whereOf({ name }: ColumnEncoding, i: number): string {
  return `row ${i}, column '${name}'`;
}
