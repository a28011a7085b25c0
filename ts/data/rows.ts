// @internal
import { BlasnetError, badArgument } from '../errors.js';
import { Port, type Runner } from '../runner.js';
import { arrayOf, type DType, type FloatArray, sizeOf, Tensor } from '../tensor.js';
import { type ImageFormat, type ImageRange, imagePass, needsImagePass, scalePixels } from './pixels.js';

/** Rows of a data set in memory; bytes stay bytes until a batch is gathered. */
export interface Rows {
  readonly data: FloatArray | Uint8Array;
  readonly count: number;
  /** Shape of one row. */
  readonly rowShape: readonly number[];
  /** The divisor of bytes on their way to a batch; 1 for floats. */
  readonly divisor: number;
  /** For images: how pixels are normalised further, and changed for training. */
  readonly image?: ImageFormat;
}

export function rowsOf(tensor: Tensor): Rows {
  return { data: tensor.data, count: tensor.rows, rowShape: tensor.shape.slice(1), divisor: 1 };
}

/** Rows `from` (included) to `to` (excluded); shares memory. */
export function sliceRows(rows: Rows, from: number, to: number): Rows {
  const width = sizeOf(rows.rowShape);
  return { ...rows, data: rows.data.subarray(from * width, to * width), count: to - from };
}

const converted = new WeakMap<Rows, Tensor>();

/** The rows as a tensor: a view for floats; bytes are converted once, and that tensor is kept. */
export function tensorOf(rows: Rows): Tensor {
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

/** The rows in a dtype that kernels of `dtype` can read: bytes and the same dtype as they are, else converted. */
export function rowsIn(dtype: DType, rows: Rows): Rows {
  if (rows.data instanceof Uint8Array || rows.data instanceof arrayOf(dtype)) return rows;
  return { ...rows, data: arrayOf(dtype).from(rows.data) };
}

/** A port for such rows. */
export function portFor(dtype: DType, rows: Rows): Port {
  return new Port([sizeOf(rows.rowShape)], rows.data instanceof Uint8Array ? 'uint8' : dtype);
}

/** The rows of a source that make a batch. */
export interface BatchRange extends ImageRange {
  readonly count: number;
}

/**
 * Records the kernel that copies the rows of a batch: in the order of `order`, or in their own.
 * @param like - shape and scaling of the rows, which a port does not tell
 * @returns the batch, count × row shape
 */
export function batchPass(
  runner: Runner,
  source: Rows | Port,
  { rowShape, divisor, image }: Pick<Rows, 'rowShape' | 'divisor' | 'image'>,
  range: BatchRange,
): Tensor {
  const { count, firstRow, order } = range;
  const isPort = source instanceof Port;
  const bytes = isPort ? source.type === 'uint8' : source.data instanceof Uint8Array;
  const operand = isPort ? source : { data: source.data, shape: [source.count, sizeOf(rowShape)] };
  const x = runner.tensor([count, ...rowShape]);
  if (image && needsImagePass(image, range)) {
    imagePass(runner, operand, { divisor, image }, range, x);
    return x;
  }
  const args = { source: operand, firstRow, divisor, x };
  if (order) {
    const kernel = bytes ? 'gather_byte_rows' : 'gather_rows';
    runner.run(kernel, { ...args, order: { data: order, shape: [order.length] } });
  } else {
    runner.run(bytes ? 'copy_byte_rows' : 'copy_rows', args);
  }
  return x;
}

/**
 * @param firstRow - the number of the first of these rows, for the message
 * @throws BlasnetError `ERR_NOT_FINITE` that names the first row and column with NaN or infinity,
 *   `ERR_BAD_ARGUMENT` where the rows' memory was transferred away
 */
export function requireFinite(name: string, rows: Rows, firstRow = 0): void {
  requireAttached(name, rows);
  if (rows.data instanceof Uint8Array) return;
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
