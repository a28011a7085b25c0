import { listed } from '../../data/csv/columns.js';
import { BlasnetError, badArgument, placed, shapeMismatch } from '../../errors.js';
import { badFile } from '../../files.js';
import type { ColumnEncoding, NeuralNet, RowCells, Tensor } from '../../index.js';
import { RowEncoder } from '../../preparation/row-encoder.js';
import { sizeOf } from '../../tensor.js';

/** Makes a net's raw rows of cells by column name, or in order. */
export class RawRows {
  readonly #net: NeuralNet;
  readonly #where: string;
  /** Undefined as long as a net that knows no columns has seen no row. */
  #columns: readonly ColumnEncoding[] | undefined;
  #encoder: RowEncoder | undefined;

  /** @param where - what error messages call the source */
  constructor(net: NeuralNet, where: string) {
    this.#net = net;
    this.#where = where;
    const { columns, featureNames } = net.preparation ?? {};
    this.#columns = columns ?? featureNames?.map(numberColumn);
  }

  /**
   * Compares the columns that there are with those that the net needs. A net that knows none takes all, in order.
   * @throws BlasnetError `ERR_BAD_FILE` that names the first that is missing, `ERR_SHAPE_MISMATCH` for another number
   */
  requireColumns(names: readonly string[]): void {
    if (this.#columns === undefined) {
      this.#takeColumns(names);
      return;
    }
    const missing = this.#columns.find(({ name }) => !names.includes(name));
    if (missing) throw badFile(`the columns of ${this.#where}`, `a column '${missing.name}'`, listed(names));
  }

  /**
   * The rows as a tensor for `net.predict`.
   * @param before - how many rows came before these
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row, from 1, and the column of a cell that cannot be read
   */
  encode(rows: readonly unknown[], before: number): Tensor {
    try {
      const cells = rows.map((row, i) => this.#cellsOf(row, before + i + 1));
      this.#encoder ??= new RowEncoder(this.#columns!);
      return this.#encoder.encode(cells, this.#net.params.dtype, before + 1);
    } catch (cause) {
      if (!(cause instanceof BlasnetError)) throw cause;
      throw placed(cause, this.#where);
    }
  }

  #cellsOf(row: unknown, number: number): RowCells {
    if (typeof row !== 'object' || row === null)
      throw badArgument(`row ${number}`, 'cells by column name or in order', row);
    if (!Array.isArray(row)) {
      if (this.#columns === undefined)
        throw badArgument(`row ${number}`, 'an array, since the model knows no columns', row);
      return withoutNull(Object.entries(row));
    }
    if (this.#columns === undefined) this.#takeColumns(row.map((_, i) => String(i)));
    const columns = this.#columns!;
    if (row.length !== columns.length) throw shapeMismatch(`row ${number}`, `${columns.length} cells`, `${row.length}`);
    return withoutNull(columns.map(({ name }, i): [string, unknown] => [name, row[i]]));
  }

  #takeColumns(names: readonly string[]): void {
    const { preparation, layers } = this.#net;
    const shape = preparation?.inputShape ?? layers[0]?.inputShape;
    if (shape && sizeOf(shape) !== names.length) {
      throw shapeMismatch(`rows of ${this.#where}`, `${sizeOf(shape)} cells`, `${names.length}`);
    }
    this.#columns = names.map(numberColumn);
  }
}

const numberColumn = (name: string): ColumnEncoding => ({ name, encoding: 'none', missingCells: [], missing: 'error' });

/** Cells that are null in JSON are missing, as empty ones in a file are. */
function withoutNull(entries: readonly (readonly [string, unknown])[]): RowCells {
  return Object.fromEntries(entries.map(([name, cell]) => [name, cell === null ? '' : cell])) as RowCells;
}
