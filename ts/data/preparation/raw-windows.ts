import { badArgument, shapeMismatch } from '../../core/errors.js';
import { isFields } from '../../core/fields.js';
import type { NestedNumbers } from '../../tensor/nested-numbers.js';
import { type AnyTensor, type DType, type FloatArray, isFloats, Tensor } from '../../tensor/tensor.js';
import type { RowCells } from '../csv-options.js';
import type { PredictOptions } from './predict-options.js';
import type { RowEncoder } from './row-encoder.js';

/** The columns of a window by name, each with a cell for each time step. */
export type WindowColumns = Readonly<Record<string, readonly number[] | FloatArray | readonly RowCells[string][]>>;

/** The shape of windows, and what encodes their cells. */
export interface WindowShape {
  readonly length: number;
  readonly features: number;
  /** @throws BlasnetError `ERR_BAD_ARGUMENT` where columns have no names */
  encoder(rows: unknown): RowEncoder;
}

/**
 * Makes windows of raw numbers or cells, windows × length × features.
 * @param rows - a tensor or lists of windows, or one window: a tensor or lists [length, features], columns by name, or the cells
 *   of each of its time steps by column name
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for another number of time steps or features, `ERR_BAD_ARGUMENT` for other values
 */
export function encodeWindows(rows: unknown, shape: WindowShape, dtype: DType, options?: PredictOptions): Tensor {
  if (rows instanceof Tensor) return ofTensor(rows as AnyTensor, shape);
  const isNumbers = ArrayBuffer.isView(rows) || (Array.isArray(rows) && !rows.every(isCells));
  if (isNumbers) return ofTensor(Tensor.from(rows as NestedNumbers, undefined, dtype), shape);
  const cells = Array.isArray(rows) ? (rows as readonly RowCells[]) : cellsOf(rows, shape);
  if (cells.length !== shape.length) {
    throw shapeMismatch('a window', `${shape.length} time steps`, `${cells.length}`);
  }
  return encodeSteps(cells, shape, dtype, 0, options);
}

/**
 * Encodes the time steps of whole windows, one behind the other.
 * @param first - the number of the first time step, for messages
 */
export function encodeSteps(
  cells: readonly RowCells[],
  { length, features, encoder }: WindowShape,
  dtype: DType,
  first = 0,
  options?: PredictOptions,
): Tensor {
  const encoded = encoder(cells).encode(cells, dtype, first, options) as Tensor;
  return encoded.reshape([encoded.rows / length, length, features]);
}

const isCells = (row: unknown) => isFields(row) && !ArrayBuffer.isView(row);

function ofTensor(tensor: AnyTensor, { length, features }: WindowShape): Tensor {
  const { rows, rowSize, shape } = tensor;
  if (!isFloats(tensor)) throw badArgument('windows', 'a Tensor of floats', 'one of int32');
  if (tensor.data.length !== tensor.size) throw badArgument('windows', 'a tensor with its memory', 'a detached buffer');
  // A single window may leave out that it is one.
  const isOne = shape.length === 2 && rows === length && rowSize === features && length !== 1;
  if (!isOne && rowSize !== length * features) {
    const expected = `[windows, ${length}, ${features}], or [${length}, ${features}] for one,`;
    throw shapeMismatch('windows', expected, `[${shape.join(', ')}]`);
  }
  return tensor.clone().reshape([isOne ? 1 : rows, length, features]);
}

function cellsOf(columns: unknown, { length }: WindowShape): RowCells[] {
  if (!isFields(columns)) throw badArgument('a window', 'numbers, or columns by name', columns);
  for (const [name, cells] of Object.entries(columns)) {
    const isList = Array.isArray(cells) || (ArrayBuffer.isView(cells) && !(cells instanceof DataView));
    if (!isList) throw badArgument(`column '${name}' of a window`, `a list of ${length} cells`, cells);
    const count = (cells as ArrayLike<unknown>).length;
    if (count !== length) throw shapeMismatch(`column '${name}' of a window`, `${length} time steps`, `${count}`);
  }
  const entries = Object.entries(columns as Readonly<Record<string, ArrayLike<RowCells[string]>>>);
  return Array.from({ length }, (_, step) => Object.fromEntries(entries.map(([name, cells]) => [name, cells[step]])));
}
