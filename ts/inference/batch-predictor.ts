import { badArgument, shapeMismatch } from '../errors.js';
import { checkOptions } from '../fields.js';
import { type DType, type FloatArray, sizeOf, Tensor } from '../tensor.js';
import { RowQueue } from './row-queue.js';

export interface BatchPredictorOptions {
  /** Rows of a batch at the most; default 64. */
  readonly maxBatch?: number | undefined;
  /** Milliseconds that a row waits for others while nothing is computed; default 1; 0: until the event loop turns. */
  readonly maxDelayMs?: number | undefined;
}

/**
 * Gathers rows from many callers into batches, which cost little more than a single row, and computes them beside the
 * event loop. While a batch is computed the next one gathers. Batches are filled up with zeros to a power of two, so that
 * few plans are recorded; a row's prediction may differ in its last bits from one batch to another.
 */
export class BatchPredictor {
  readonly #queue: RowQueue<Tensor>;
  readonly #size: number;

  /**
   * @param infer - predictions for rows, off the event loop
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown or out of range
   */
  constructor(
    infer: (x: Tensor) => Promise<Tensor>,
    rowShape: readonly number[],
    dtype: DType,
    options: BatchPredictorOptions = {},
  ) {
    checkOptions(options, ['maxBatch', 'maxDelayMs']);
    const { maxBatch = 64, maxDelayMs = 1 } = options;
    this.#queue = new RowQueue(infer, rowShape, dtype, { maxBatch, maxDelayMs });
    this.#size = sizeOf(rowShape);
  }

  /** Rows that wait for a batch of their own. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * The prediction for one row, 1 × outputs. The row is read at once.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for another number of features, `ERR_BAD_ARGUMENT` for what is no number
   */
  async predict(row: readonly number[] | FloatArray | Tensor): Promise<Tensor> {
    const numbers = row instanceof Tensor ? row.data : row;
    requireNumbers(numbers);
    if (numbers.length !== this.#size) throw shapeMismatch('row', `${this.#size} numbers`, `${numbers.length}`);
    return new Promise((resolve, reject) => {
      this.#queue.reserve(1).set(numbers);
      this.#queue.add({ rows: 1, done: (y, first) => resolve(y.slice(first, first + 1)), fail: reject });
    });
  }
}

/** Refuses what would become numbers that nobody meant: text, cells. */
function requireNumbers(row: unknown): asserts row is ArrayLike<number> {
  if (ArrayBuffer.isView(row) && !(row instanceof DataView)) return;
  if (!Array.isArray(row)) throw badArgument('row', 'a list of numbers or a Tensor', row);
  const at = row.findIndex((value) => typeof value !== 'number');
  if (at >= 0) throw badArgument(`number ${at} of the row`, 'a number', row[at]);
}
