import { BlasnetError, badArgument, placed, shapeMismatch } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { listed } from '../../data/csv/columns.js';
import type { NamedTensors } from '../../data/named-tensors.js';
import { NamedPreparer } from '../../data/preparation/named-preparer.js';
import type { PredictOptions } from '../../data/preparation/predict-options.js';
import { RowEncoder } from '../../data/preparation/row-encoder.js';
import type { ColumnEncoding, NeuralNet, RowCells, Tensor } from '../../index.js';
import { sizeOf } from '../../tensor/tensor.js';

/** Encodes rows of cells, by column name or in order, for a net. */
export class RawRows {
  readonly #net: NeuralNet;
  readonly #where: string;
  readonly #options: PredictOptions;
  /** Undefined as long as a net without named columns has seen no row. */
  #columns: readonly ColumnEncoding[] | undefined;
  #encoder: RowEncoder | undefined;
  /** For a net of several inputs. */
  readonly #named: NamedPreparer | undefined;

  /** @param where - the source of the rows, for error messages */
  constructor(net: NeuralNet, where: string, options: PredictOptions) {
    this.#net = net;
    this.#where = where;
    this.#options = options;
    const { columns, featureNames, inputs } = net.preparation ?? {};
    if (inputs || net.inputs.length > 1) {
      this.#named = new NamedPreparer(net.preparation, net.inputs);
      this.#columns = this.#named.columns;
      return;
    }
    this.#columns = columns ?? featureNames?.map(numberColumn);
  }

  /**
   * Checks that the columns of the rows hold those of the net. A net without named columns takes all, in order.
   * @throws BlasnetError `ERR_BAD_FILE` that names the first missing column, `ERR_SHAPE_MISMATCH` for another number
   */
  requireColumns(names: readonly string[]): void {
    if (this.#columns === undefined) {
      if (this.#named) throw badArgument(this.#where, 'JSON or npz, since the model knows no columns,', listed(names));
      this.#takeColumns(names);
      return;
    }
    const missing = this.#columns.find(({ name }) => !names.includes(name));
    if (missing) throw badFile(`the columns of ${this.#where}`, `a column '${missing.name}'`, listed(names));
  }

  /**
   * Returns the cells of rows by column name.
   * @param before - the number of rows before these
   * @throws BlasnetError `ERR_BAD_ARGUMENT` or `ERR_SHAPE_MISMATCH` that names the row, from 1
   */
  cellsOf(rows: readonly unknown[], before: number): RowCells[] {
    return this.#placed(() => rows.map((row, i) => this.#cellsOfRow(row, before + i + 1)));
  }

  /**
   * Encodes rows as a tensor for `net.predict`.
   * @param before - the number of rows before these
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row, from 1, and the column of a cell that cannot be read
   */
  encode(cells: readonly RowCells[], before: number): Tensor | NamedTensors {
    return this.#placed(() => {
      const { dtype } = this.#net.params;
      if (this.#named) {
        if (!this.#columns) return this.#named.encode(cells, dtype);
        return this.#named.encodeCells(cells, dtype, before + 1, this.#options);
      }
      this.#encoder ??= new RowEncoder(this.#columns!);
      return this.#encoder.encode(cells, dtype, before + 1, this.#options);
    });
  }

  #placed<Result>(make: () => Result): Result {
    try {
      return make();
    } catch (cause) {
      if (!(cause instanceof BlasnetError)) throw cause;
      throw placed(cause, this.#where);
    }
  }

  #cellsOfRow(row: unknown, number: number): RowCells {
    if (typeof row !== 'object' || row === null)
      throw badArgument(`row ${number}`, 'cells by column name or in order', row);
    if (!Array.isArray(row)) {
      if (this.#columns === undefined && !this.#named)
        throw badArgument(`row ${number}`, 'an array, since the model knows no columns,', row);
      return row as RowCells;
    }
    if (this.#columns === undefined && this.#named) {
      const names = this.#named.inputNames.join(', ');
      throw badArgument(`row ${number}`, `numbers by the names of the inputs (${names})`, row);
    }
    if (this.#columns === undefined) this.#takeColumns(row.map((_, i) => String(i)));
    const columns = this.#columns!;
    if (row.length !== columns.length) throw shapeMismatch(`row ${number}`, `${columns.length} cells`, `${row.length}`);
    return Object.fromEntries(columns.map(({ name }, i): [string, unknown] => [name, row[i]])) as RowCells;
  }

  #takeColumns(names: readonly string[]): void {
    const { preparation, layers } = this.#net;
    const whole = preparation?.inputShape ?? layers[0]?.inputShape;
    // The rows of a window are time steps.
    const shape = preparation?.window ? whole?.slice(1) : whole;
    if (shape && sizeOf(shape) !== names.length) {
      throw shapeMismatch(`rows of ${this.#where}`, `${sizeOf(shape)} cells`, `${names.length}`);
    }
    this.#columns = names.map(numberColumn);
  }
}

const numberColumn = (name: string): ColumnEncoding => ({ name, encoding: 'none', missingCells: [], missing: 'error' });
