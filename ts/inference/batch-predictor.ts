import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { arrayOf, checkedShape, type DType, type FloatArray, sizeOf, Tensor } from '../tensor/tensor.js';
import { RowQueue } from './row-queue.js';

/** How rows are gathered into batches. */
export interface BatchPredictorOptions {
  /** The largest number of rows in a batch; default 64. */
  readonly maxBatch?: number | undefined;
  /** Milliseconds that a row waits for others while nothing is computed; default 1; 0: until the event loop turns. */
  readonly maxDelayMs?: number | undefined;
}

/** Checks the options and fills in their defaults. */
export function batchOptions(options: BatchPredictorOptions) {
  checkOptions(options, ['maxBatch', 'maxDelayMs']);
  const { maxBatch = 64, maxDelayMs = 1 } = options;
  if (typeof maxDelayMs !== 'number') throw badArgument('maxDelayMs', 'a number from 0 to 60000', maxDelayMs);
  return { maxBatch, maxDelayMs };
}

/**
 * Gathers scaled rows from many callers into batches, which cost little more than a single row, and computes them beside
 * the event loop. While one batch is computed, the next one gathers. Batches are padded with zeros to a power of two, so
 * that few plans are recorded; a row's prediction may differ in its last bits from one batch to another.
 *
 * `net.scaledPredictor()` makes one for a net; `net.predictor()` takes raw rows instead.
 */
export class BatchPredictor {
  readonly #queue: RowQueue<Tensor>;
  readonly #size: number;
  readonly #checkRow: (numbers: ArrayLike<number>) => void;

  /**
   * @param infer - computes the predictions for a batch of rows
   * @param rowShape - the shape of one row
   * @param dtype - the dtype of the batches that `infer` receives
   * @param checkRow - throws for the numbers of a row that `infer` would refuse, before the row joins others
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an argument of another type, or an option that is unknown or out of range
   */
  constructor(
    infer: (x: Tensor) => Promise<Tensor>,
    rowShape: readonly number[],
    dtype: DType,
    options: BatchPredictorOptions = {},
    checkRow: (numbers: ArrayLike<number>) => void = () => {},
  ) {
    if (typeof infer !== 'function') throw badArgument('infer', 'a function', infer);
    checkedShape(rowShape, 'rowShape');
    arrayOf(dtype);
    this.#queue = new RowQueue(infer, rowShape, dtype, batchOptions(options));
    this.#size = sizeOf(rowShape);
    this.#checkRow = checkRow;
  }

  /** The number of rows that wait for their batch to begin. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * Resolves with the prediction for one scaled row, 1 × outputs. The row is read at once.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for another number of features, `ERR_BAD_ARGUMENT` for a value that is no
   *   number
   */
  async predict(row: readonly number[] | FloatArray | Tensor): Promise<Tensor> {
    const numbers = row instanceof Tensor ? row.data : row;
    requireNumbers(numbers);
    if (numbers.length !== this.#size) throw shapeMismatch('row', `${this.#size} numbers`, `${numbers.length}`);
    this.#checkRow(numbers);
    return new Promise((resolve, reject) => {
      this.#queue.reserve(1).set(numbers);
      this.#queue.add({ rows: 1, done: (y, first) => resolve(y.slice(first, first + 1)), fail: reject });
    });
  }
}

/** Refuses texts and cells, which a typed array would turn into wrong numbers. */
export function requireNumbers(row: unknown): asserts row is ArrayLike<number> {
  if (ArrayBuffer.isView(row) && !(row instanceof DataView)) return;
  if (!Array.isArray(row)) throw badArgument('row', 'a list of numbers or a Tensor', row);
  const at = row.findIndex((value) => typeof value !== 'number');
  if (at >= 0) throw badArgument(`number ${at} of the row`, 'a number', row[at]);
}
