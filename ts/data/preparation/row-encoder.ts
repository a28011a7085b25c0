import { BlasnetError, badArgument, clipped } from '../../core/errors.js';
import { Tensor, type TensorType } from '../../tensor/tensor.js';
import type { CsvRow, RowCells } from '../csv-options.js';
import { CellProblem, limits } from './cells.js';
import type { ColumnEncoding } from './column-encoding.js';
import { type CellFunctions, EncodedColumn, isAbsent, textOf } from './encoded-column.js';
import type { PredictOptions } from './predict-options.js';

/** Makes rows of numbers from rows of cells by column name. */
export class RowEncoder {
  readonly #columns: readonly EncodedColumn[];
  readonly #derives: boolean;
  /** The count of numbers in a row. */
  readonly width: number;

  /** @param functions - those of each column */
  constructor(encodings: readonly ColumnEncoding[], functions: readonly CellFunctions[] = []) {
    let offset = 0;
    this.#columns = encodings.map((encoding, i) => {
      const column = new EncodedColumn(encoding, functions[i] ?? {}, offset);
      offset += column.width;
      return column;
    });
    this.#derives = this.#columns.some(({ isDerived }) => isDerived);
    this.width = offset;
  }

  /**
   * Encodes rows as a tensor, rows × width.
   * @param first - the number of the first row, for messages
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row and the column of a cell that cannot be read
   */
  encode<Type extends TensorType>(
    rows: readonly RowCells[],
    dtype: Type,
    first = 0,
    { unseen }: PredictOptions = {},
  ): Tensor<Type> {
    if (!Array.isArray(rows)) throw badArgument('rows', 'an array of rows', rows);
    const tensor = Tensor.zeros<Type>([rows.length, this.width], dtype);
    const limit = limits[dtype === 'float32' ? 'float32' : 'float64']; // int32 holds places of categories
    for (const [i, cells] of rows.entries()) {
      const where = `row ${first + i}`;
      if (typeof cells !== 'object' || cells === null) throw badArgument(where, 'cells by column name', cells);
      this.#requireCells(cells, where);
      const target = tensor.data.subarray(i * this.width, (i + 1) * this.width);
      // Functions that derive columns get the whole row.
      const row = this.#derives ? textsOf(cells) : undefined;
      for (const column of this.#columns) {
        try {
          column.write(column.contentOf(cells, row), target, limit, unseen);
        } catch (cause) {
          throw explained(cause, `${where}, column '${column.name}'`);
        }
      }
    }
    return tensor;
  }

  /** Refuses rows that lack cells which nothing fills, and rows that have none of the columns. */
  #requireCells(cells: RowCells, where: string): void {
    const asked = this.#columns.filter(({ isDerived }) => !isDerived);
    const absent = asked.filter(({ name }) => isAbsent(cells, name));
    if (absent.length === 0) return;
    const isEmpty = !this.#derives && !asked.some(({ name }) => Object.hasOwn(cells, name));
    const needed = isEmpty ? absent : absent.filter(({ fillsMissing }) => !fillsMissing);
    const [one] = needed;
    if (!one) return;
    const names = clipped(needed.map(({ name }) => `'${clipped(name, 60)}'`).join(', '));
    if (needed.length > 1) throw badArgument(`${where}, columns ${names}`, 'cells', undefined);
    throw badArgument(`${where}, column ${names}`, 'a cell', cells[one.name]);
  }
}

function textsOf(cells: RowCells): CsvRow {
  return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell == null ? '' : textOf(cell)]));
}

function explained(cause: unknown, where: string): unknown {
  if (!(cause instanceof CellProblem)) return cause;
  const message = `Expected ${cause.expected} for ${where} but received ${cause.received}`;
  return new BlasnetError('ERR_BAD_ARGUMENT', message, { cause });
}
