// @internal
import { BlasnetError, badArgument, shapeMismatch } from '../../core/errors.js';
import { isFields, repeated } from '../../core/fields.js';
import type { NestedNumbers } from '../../tensor/nested-numbers.js';
import { type DType, isFloats, Tensor } from '../../tensor/tensor.js';
import type { SeriesColumn } from '../time-series-options.js';

/** Series of the same columns, each a tensor [time, columns]. */
export interface KnownSeries {
  readonly tensors: readonly Tensor[];
  /** Undefined where columns have no names. */
  readonly names: readonly string[] | undefined;
}

/**
 * Reads one series, or a list of them.
 * @param names - of the columns of tensors and lists
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but series of numbers, `ERR_SHAPE_MISMATCH` for series or columns
 *   that differ in size, `ERR_NOT_FINITE` for NaN and infinity
 */
export function knownSeries(
  given: unknown,
  names: readonly string[] | undefined,
  dtype: DType | undefined,
): KnownSeries {
  const list = isList(given) ? given : [given];
  if (list.length === 0) throw badArgument('series', 'at least one series', 'none');
  const all = list.map((one, i) => oneSeries(list.length === 1 ? 'series' : `series ${i}`, one, names, dtype));
  const [first] = all as [OneSeries];
  for (const [i, { tensor, names: own }] of all.entries()) {
    if (tensor.rowSize !== first.tensor.rowSize) {
      throw shapeMismatch(`series ${i}`, `${first.tensor.rowSize} columns, as in series 0,`, `${tensor.rowSize}`);
    }
    if (own?.join('\n') !== first.names?.join('\n')) {
      const listed = (columns: readonly string[] | undefined) => columns?.join(', ') ?? 'columns without names';
      throw badArgument(`series ${i}`, `${listed(first.names)}, as in series 0,`, listed(own));
    }
  }
  return { tensors: all.map(({ tensor }) => tensor), names: first.names };
}

/** Whether it is a list of series, not a list of time steps. */
function isList(given: unknown): given is readonly unknown[] {
  if (!Array.isArray(given)) return false;
  const first: unknown = given[0];
  const isNested = Array.isArray(first) && (Array.isArray(first[0]) || ArrayBuffer.isView(first[0]));
  return given.length === 0 || isNested || (isFields(first) && !ArrayBuffer.isView(first));
}

interface OneSeries {
  readonly tensor: Tensor;
  readonly names: readonly string[] | undefined;
}

function oneSeries(where: string, given: unknown, names: readonly string[] | undefined, dtype?: DType): OneSeries {
  const isRecord = isFields(given) && !(given instanceof Tensor) && !ArrayBuffer.isView(given);
  if (isRecord && names) throw badArgument('names', 'nothing, for columns by name,', names);
  const tensor = isRecord ? ofColumns(where, given, dtype ?? 'float32') : ofNumbers(where, given, dtype);
  const known = isRecord ? Object.keys(given) : names;
  if (known && known.length !== tensor.rowSize) {
    throw shapeMismatch('names', `${tensor.rowSize} names, one for each column of ${where},`, `${known.length}`);
  }
  requireNumbers(where, tensor, known);
  return { tensor, names: known };
}

function ofNumbers(where: string, given: unknown, dtype: DType | undefined): Tensor {
  const isNumbers = given instanceof Tensor || Array.isArray(given) || ArrayBuffer.isView(given);
  if (!isNumbers || given instanceof DataView)
    throw badArgument(where, 'a Tensor, a list [time, features] or columns by name', given);
  const read = given instanceof Tensor ? given : Tensor.from(given as NestedNumbers, undefined, dtype ?? 'float32');
  if (!isFloats(read)) throw badArgument(where, 'a Tensor of floats', 'one of int32');
  if (read.data.length !== read.size) throw badArgument(where, 'a Tensor with its memory', 'a detached buffer');
  const isFlat = !(given instanceof Tensor) && (ArrayBuffer.isView(given) || typeof given[0] === 'number');
  const rank = isFlat ? 1 : read.shape.length;
  if (rank > 2 || rank === 0) throw shapeMismatch(where, '[time, features]', `[${read.shape.join(', ')}]`);
  const table = rank === 1 ? read.reshape([read.size, 1]) : read;
  return dtype === undefined || table.dtype === dtype ? table : (table.clone(dtype) as Tensor);
}

function ofColumns(where: string, given: Readonly<Record<string, unknown>>, dtype: DType): Tensor {
  const entries = Object.entries(given);
  if (entries.length === 0) throw badArgument(where, 'at least one column', 'none');
  const columns = entries.map(([name, values]) => {
    const isNumbers = Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
    if (!isNumbers) throw badArgument(`column '${name}' of ${where}`, 'a list of numbers', values);
    return values as ArrayLike<unknown>;
  });
  const steps = columns[0]!.length;
  const tensor = Tensor.zeros([steps, columns.length], dtype);
  for (const [column, values] of columns.entries()) {
    const name = `column '${entries[column]![0]}' of ${where}`;
    if (values.length !== steps) throw shapeMismatch(name, `${steps} time steps`, `${values.length}`);
    for (let step = 0; step < steps; step++) {
      const value = values[step];
      if (typeof value !== 'number') throw badArgument(`time step ${step} of ${name}`, 'a number', value);
      tensor.data[step * columns.length + column] = value;
    }
  }
  return tensor;
}

function requireNumbers(where: string, { data, rowSize }: Tensor, names: readonly string[] | undefined): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const column = at % rowSize;
  const place = `time step ${Math.floor(at / rowSize)}, column ${names ? `'${names[column]}'` : column}`;
  throw new BlasnetError('ERR_NOT_FINITE', `Expected finite numbers for ${where} but received ${data[at]} in ${place}`);
}

/**
 * The indexes of columns.
 * @param option - that names them, for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a column that the series do not have, and for one that is named twice
 */
export function columnsNamed(
  option: string,
  given: SeriesColumn | readonly SeriesColumn[],
  count: number,
  names: readonly string[] | undefined,
): readonly number[] {
  const list = Array.isArray(given) ? (given as readonly SeriesColumn[]) : [given as SeriesColumn];
  if (list.length === 0) throw badArgument(option, 'at least one column', 'none');
  const columns = list.map((column) => {
    const index = typeof column === 'number' ? (column < 0 ? count + column : column) : names?.indexOf(column);
    if (index !== undefined && Number.isInteger(index) && index >= 0 && index < count) return index;
    const known = names ? names.map((name) => `'${name}'`).join(', ') : `0 to ${count - 1}`;
    throw badArgument(option, `a column of the series (${known})`, column);
  });
  const twice = repeated(columns.map(String));
  if (twice !== undefined) throw badArgument(option, 'each column once', names?.[Number(twice)] ?? Number(twice));
  return columns;
}

/** The columns of a series, in that order. */
export function takeColumns(series: Tensor, columns: readonly number[]): Tensor {
  const { rows, rowSize, data, dtype } = series;
  if (columns.length === rowSize && columns.every((column, i) => column === i)) return series;
  const taken = Tensor.zeros([rows, columns.length], dtype);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns.length; i++) {
      taken.data[row * columns.length + i] = data[row * rowSize + columns[i]!]!;
    }
  }
  return taken;
}
