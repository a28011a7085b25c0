import { badArgument, shapeMismatch } from './errors.js';
import { type DType, type FloatArray, sizeOf, Tensor } from './tensor.js';

export interface BatchPredictorOptions {
  /** Rows of a batch at the most; default 64. */
  readonly maxBatch?: number;
  /** Milliseconds that a row waits for others while nothing is computed; default 1; 0: until the event loop turns. */
  readonly maxDelayMs?: number;
}

/** A row that waits for its prediction. */
interface Waiting {
  readonly row: ArrayLike<number>;
  readonly resolve: (y: Tensor) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers rows from many callers into batches, which cost little more than a single row, and computes them beside the
 * event loop. While a batch is computed the next one gathers. Batches are filled up with zeros to a power of two, so that
 * few plans are recorded; a row's prediction may differ in its last bits from one batch to another.
 */
export class BatchPredictor {
  readonly #infer: (x: Tensor) => Promise<Tensor>;
  readonly #rowShape: readonly number[];
  readonly #dtype: DType;
  readonly #maxBatch: number;
  readonly #maxDelayMs: number;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #isRunning = false;

  /**
   * @param infer - predictions for rows, off the event loop
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an option out of range
   */
  constructor(
    infer: (x: Tensor) => Promise<Tensor>,
    rowShape: readonly number[],
    dtype: DType,
    { maxBatch = 64, maxDelayMs = 1 }: BatchPredictorOptions = {},
  ) {
    if (!(Number.isSafeInteger(maxBatch) && maxBatch >= 1))
      throw badArgument('maxBatch', 'a whole number above 0', maxBatch);
    if (!(maxDelayMs >= 0 && maxDelayMs <= 60_000))
      throw badArgument('maxDelayMs', 'a number from 0 to 60000', maxDelayMs);
    this.#infer = infer;
    this.#rowShape = rowShape;
    this.#dtype = dtype;
    this.#maxBatch = maxBatch;
    this.#maxDelayMs = maxDelayMs;
  }

  /** Rows that wait for a batch of their own. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * The prediction for one row, 1 × outputs. The row is read when its batch begins.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for another number of features
   */
  async predict(row: readonly number[] | FloatArray | Tensor): Promise<Tensor> {
    const numbers: ArrayLike<number> = row instanceof Tensor ? row.data : row;
    const size = sizeOf(this.#rowShape);
    if (numbers?.length !== size) throw shapeMismatch('row', `${size} numbers`, `${numbers?.length}`);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row: numbers, resolve, reject });
      if (this.#isRunning) return;
      if (this.#waiting.length >= this.#maxBatch) void this.#run();
      else this.#timer ??= this.#later();
    });
  }

  #later(): NodeJS.Timeout | NodeJS.Immediate {
    const start = () => void this.#run();
    return this.#maxDelayMs === 0 ? setImmediate(start) : setTimeout(start, this.#maxDelayMs);
  }

  /** Computes batches until no row waits. */
  async #run(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer as NodeJS.Timeout);
    this.#timer = undefined;
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.length > 0) await this.#runBatch(this.#waiting.splice(0, this.#maxBatch));
    this.#isRunning = false;
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const rows = Math.min(2 ** Math.ceil(Math.log2(batch.length)), this.#maxBatch);
      const x = Tensor.zeros([rows, ...this.#rowShape], this.#dtype);
      const width = sizeOf(this.#rowShape);
      batch.forEach(({ row }, i) => {
        x.data.set(row, i * width);
      });
      const y = await this.#infer(x);
      batch.forEach(({ resolve }, i) => {
        resolve(y.slice(i, i + 1));
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
