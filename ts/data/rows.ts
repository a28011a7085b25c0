// @internal
import { BlasnetError, badArgument } from '../core/errors.js';
import { BoundInput, type Runner } from '../runtime/runner.js';
import {
  type AnyTensor,
  arrayOf,
  type DType,
  isFloats,
  sizeOf,
  Tensor,
  type TensorData,
  type TensorType,
  typeOf,
} from '../tensor/tensor.js';
import { type ImageFormat, type ImageRange, imagePass, needsImagePass, scalePixels } from './pixels.js';

/** Rows of a data set in memory; bytes stay bytes until a batch is gathered, and int32 stays int32. */
export interface Rows {
  readonly data: TensorData | Uint8Array;
  readonly count: number;
  /** Shape of one row. */
  readonly rowShape: readonly number[];
  /** The divisor of bytes on their way to a batch; 1 for all others. */
  readonly divisor: number;
  /** For images: how pixels are normalised further, and changed for training. */
  readonly image?: ImageFormat;
}

export function rowsOf(tensor: AnyTensor): Rows {
  return { data: tensor.data, count: tensor.rows, rowShape: tensor.shape.slice(1), divisor: 1 };
}

/** Rows `from` (included) to `to` (excluded); shares memory. */
export function sliceRows(rows: Rows, from: number, to: number): Rows {
  const width = sizeOf(rows.rowShape);
  return { ...rows, data: rows.data.subarray(from * width, to * width), count: to - from };
}

const converted = new WeakMap<Rows, Tensor>();

/** The rows as a tensor: a view of them; bytes are converted to float32 once, and that tensor is kept. */
export function tensorOf(rows: Rows): AnyTensor {
  const shape = [rows.count, ...rows.rowShape];
  if (!(rows.data instanceof Uint8Array)) return Tensor.from(rows.data, shape);
  let tensor = converted.get(rows);
  if (!tensor) {
    tensor = Tensor.zeros(shape);
    scalePixels(rows.data, tensor.rowSize, rows.divisor, rows.image?.scaling, tensor.data);
    converted.set(rows, tensor);
  }
  return tensor;
}

/**
 * The rows as a tensor of floats.
 * @param name - of what asks for them, for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for rows of int32
 */
export function floatsOf(name: string, rows: Rows): Tensor {
  const tensor = tensorOf(rows);
  if (!isFloats(tensor)) throw badArgument(name, 'rows of floats', 'int32 ones (namedTensors gives both)');
  return tensor;
}

/** The rows in a type that kernels of `dtype` can read: floats are converted to the dtype, bytes and int32 stay. */
export function rowsIn(dtype: DType, rows: Rows): Rows {
  const type = rowType(rows);
  if (type === 'uint8' || type === 'int32' || type === dtype) return rows;
  return { ...rows, data: arrayOf(dtype).from(rows.data) };
}

/** The rows of labels in a type that kernels of `dtype` can read: class numbers become floats, too. */
export function labelRowsIn(dtype: DType, rows: Rows): Rows {
  if (rowType(rows) !== 'int32') return rowsIn(dtype, rows);
  return { ...rows, data: arrayOf(dtype).from(rows.data) };
}

/** The type of the numbers in memory. */
export function rowType({ data }: Rows): TensorType | 'uint8' {
  return data instanceof Uint8Array ? 'uint8' : typeOf(data);
}

/** A bound input for such rows. */
export function boundInputFor(dtype: DType, rows: Rows): BoundInput {
  const type = rowType(rows);
  return new BoundInput([sizeOf(rows.rowShape)], type === 'uint8' || type === 'int32' ? type : dtype);
}

/** The rows of a source that make a batch. */
export interface BatchRange extends ImageRange {
  readonly count: number;
}

/**
 * Records the kernel that copies the rows of a batch: in the order of `order`, or in their own.
 * @param like - shape and scaling of the rows, which a bound input does not tell
 * @returns the batch, count × row shape; of int32 for rows of int32
 */
export function batchPass(
  runner: Runner,
  source: Rows | BoundInput,
  { rowShape, divisor, image }: Pick<Rows, 'rowShape' | 'divisor' | 'image'>,
  range: BatchRange,
): AnyTensor {
  const { count, firstRow, order } = range;
  const isBoundInput = source instanceof BoundInput;
  const type = isBoundInput ? source.type : rowType(source);
  const operand = isBoundInput ? source : { data: source.data, shape: [source.count, sizeOf(rowShape)] };
  const given = order && { order: { data: order, shape: [order.length] } };
  if (type === 'int32') {
    const x = runner.tensor([count, ...rowShape], type);
    runner.run(order ? 'gather_index_rows' : 'copy_index_rows', { source: operand, firstRow, x, ...given });
    return x;
  }
  const bytes = type === 'uint8';
  const x = runner.tensor([count, ...rowShape]);
  if (image && needsImagePass(image, range)) {
    imagePass(runner, operand, { divisor, image }, range, x);
    return x;
  }
  const kernel = order ? (bytes ? 'gather_byte_rows' : 'gather_rows') : bytes ? 'copy_byte_rows' : 'copy_rows';
  runner.run(kernel, { source: operand, firstRow, divisor, x, ...given });
  return x;
}

/** {@link batchPass} for rows that are known not to be int32. */
export function floatBatchPass(...args: Parameters<typeof batchPass>): Tensor {
  const batch = batchPass(...args);
  if (!isFloats(batch)) throw new Error('rows of int32 are no batch of floats');
  return batch;
}

/**
 * @param firstRow - the number of the first of these rows, for the message
 * @throws BlasnetError `ERR_NOT_FINITE` that names the first row and column with NaN or infinity,
 *   `ERR_BAD_ARGUMENT` where the rows' memory was transferred away
 */
export function requireFinite(name: string, rows: Rows, firstRow = 0): void {
  requireAttached(name, rows);
  if (rows.data instanceof Uint8Array || rows.data instanceof Int32Array) return;
  const at = rows.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const width = sizeOf(rows.rowShape);
  const place = `row ${firstRow + Math.floor(at / width)}, column ${at % width}`;
  throw new BlasnetError(
    'ERR_NOT_FINITE',
    `Expected finite numbers for ${name} but received ${rows.data[at]} in ${place}`,
  );
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` where the rows' memory was transferred away */
export function requireAttached(name: string, rows: Rows): void {
  if (rows.data.length !== rows.count * sizeOf(rows.rowShape)) {
    throw badArgument(name, `${rows.count} rows`, 'a detached buffer');
  }
}
