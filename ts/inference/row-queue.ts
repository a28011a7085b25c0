import { badArgument } from '../core/errors.js';
import { type DType, type FloatArray, sizeOf, Tensor } from '../tensor/tensor.js';

/** Rows of one caller. They stay together in one batch. */
export interface RowJob<Answer> {
  readonly rows: number;
  /** Is called when the computation of its batch begins. */
  readonly begin?: () => void;
  /** Is called with the answer to its batch and the number of its first row in there. */
  readonly done: (answer: Answer, first: number) => void;
  readonly fail: (error: unknown) => void;
}

export interface RowQueueOptions {
  /** The most rows of a batch; a caller with more rows gets a batch of its own. */
  readonly maxBatch: number;
  /** The longest time in milliseconds that a row waits for others while nothing is computed. */
  readonly maxDelayMs: number;
  /** Whether a batch begins as soon as a turn of the event loop adds no further row. */
  readonly isEager?: boolean;
  /** Whether `infer` copies x before it returns; then the next batch uses the same memory. */
  readonly isCopied?: boolean;
  /** Is called when a batch has been answered: fewer rows wait or are computed than before. */
  readonly onFreed?: () => void;
}

/** Rows that are computed together. */
interface Batch<Job> {
  readonly data: FloatArray;
  /** How many fit. */
  readonly capacity: number;
  rows: number;
  jobs: Job[];
  /** When its first row came, in milliseconds. */
  began: number;
}

/** A net computes more rows than this in chunks. */
const chunkRows = 256;

/**
 * Gathers rows of many callers into batches, which cost little more than a single row; one batch is computed at a time,
 * and meanwhile the next ones gather. Rows are written straight into the memory of their batch. Batches are filled up
 * with zeros, so that few plans are recorded: to a power of two or, beyond 256 rows, a multiple of 256.
 */
export class RowQueue<Answer, Job extends RowJob<Answer> = RowJob<Answer>> {
  readonly #infer: (x: Tensor) => Promise<Answer>;
  readonly #rowShape: readonly number[];
  readonly #width: number;
  readonly #dtype: DType;
  readonly #options: RowQueueOptions;
  /** In order; rows are added to the last one. */
  readonly #batches: Batch<Job>[] = [];
  #running: Batch<Job> | undefined;
  /** Memory of a batch that is computed. */
  #spare: FloatArray | undefined;
  #waiting = 0;
  #rowsSeen = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /**
   * @param infer - answers for rows, off the event loop; does not change x
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an option out of range
   */
  constructor(
    infer: (x: Tensor) => Promise<Answer>,
    rowShape: readonly number[],
    dtype: DType,
    options: RowQueueOptions,
  ) {
    const { maxBatch, maxDelayMs } = options;
    if (!(Number.isSafeInteger(maxBatch) && maxBatch >= 1))
      throw badArgument('maxBatch', 'a whole number above 0', maxBatch);
    if (!(maxDelayMs >= 0 && maxDelayMs <= 60_000))
      throw badArgument('maxDelayMs', 'a number from 0 to 60000', maxDelayMs);
    this.#infer = infer;
    this.#rowShape = rowShape;
    this.#width = sizeOf(rowShape);
    this.#dtype = dtype;
    this.#options = options;
  }

  /** Rows that wait for a batch to begin. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Rows of the batch that is computed; 0 while none is. */
  get computing(): number {
    return this.#running?.rows ?? 0;
  }

  /** Rows that wait or are computed. */
  get rows(): number {
    return this.#waiting + this.computing;
  }

  /** Yields the jobs that wait or are computed, the oldest first. */
  *jobs(): Generator<Job> {
    if (this.#running) yield* this.#running.jobs;
    for (const { jobs } of this.#batches) yield* jobs;
  }

  /** Returns memory for rows. It belongs to the job that is added next. */
  reserve(rows: number): FloatArray {
    const { maxBatch } = this.#options;
    let batch = this.#batches.at(-1);
    if (!batch || batch.rows + rows > batch.capacity) {
      const capacity = Math.max(maxBatch, paddedRows(rows, maxBatch));
      const fits = this.#spare?.length === capacity * this.#width;
      const data = fits ? this.#spare! : Tensor.zeros([capacity, this.#width], this.#dtype).data;
      if (fits) this.#spare = undefined;
      batch = { data, capacity, rows: 0, jobs: [], began: 0 };
      this.#batches.push(batch);
    }
    return batch.data.subarray(batch.rows * this.#width, (batch.rows + rows) * this.#width);
  }

  /** Queues a job. Its rows are in the memory that `reserve` returned last. */
  add(job: Job): void {
    const batch = this.#batches.at(-1)!;
    if (batch.rows === 0) batch.began = performance.now();
    batch.jobs.push(job);
    batch.rows += job.rows;
    this.#waiting += job.rows;
    this.#rowsSeen += job.rows;
    if (this.#running) return;
    if (this.#batches[0]!.rows >= this.#options.maxBatch) this.#start();
    else this.#startLater();
  }

  /** Removes waiting jobs without calling `done` or `fail`. */
  drop(isGone: (job: Job) => boolean): void {
    for (const batch of this.#batches) this.#dropFrom(batch, isGone);
  }

  #dropFrom(batch: Batch<Job>, isGone: (job: Job) => boolean): void {
    const width = this.#width;
    let [from, to] = [0, 0];
    batch.jobs = batch.jobs.filter((job) => {
      const first = from;
      from += job.rows;
      if (isGone(job)) return false;
      if (first !== to) batch.data.copyWithin(to * width, first * width, from * width);
      to += job.rows;
      return true;
    });
    this.#waiting -= batch.rows - to;
    batch.rows = to;
  }

  #startLater(): void {
    if (this.#timer || this.#immediate) return;
    const { maxDelayMs, isEager } = this.#options;
    if (isEager) this.#immediate = setImmediate(() => this.#turn(this.#rowsSeen));
    else if (maxDelayMs === 0) this.#immediate = setImmediate(() => this.#start());
    else this.#timer = setTimeout(() => this.#start(), maxDelayMs);
  }

  /** Starts unless rows keep coming. */
  #turn(seen: number): void {
    this.#immediate = undefined;
    const first = this.#batches[0];
    if (!first) return;
    const isLate = performance.now() - first.began >= this.#options.maxDelayMs;
    if (isLate || seen === this.#rowsSeen) this.#start();
    else this.#immediate = setImmediate(() => this.#turn(this.#rowsSeen));
  }

  /** Computes batches until no row waits. */
  #start(): void {
    clearTimeout(this.#timer);
    if (this.#immediate) clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    if (!this.#running) this.#next();
  }

  #next(): void {
    this.#running = undefined;
    let batch = this.#batches.shift();
    while (batch && batch.rows === 0) batch = this.#batches.shift();
    if (!batch) return;
    this.#running = batch;
    this.#waiting -= batch.rows;
    void this.#run(batch);
  }

  async #run(batch: Batch<Job>): Promise<void> {
    const { jobs } = batch;
    for (const job of jobs) job.begin?.();
    let answer: Answer;
    try {
      answer = await this.#answerTo(batch);
    } catch (error) {
      this.#next();
      for (const job of jobs) job.fail(error);
      this.#options.onFreed?.();
      return;
    }
    // The next one is computed while callers do something about their answers.
    this.#next();
    let first = 0;
    for (const job of jobs) {
      job.done(answer, first);
      first += job.rows;
    }
    this.#options.onFreed?.();
  }

  #answerTo({ data, rows, capacity }: Batch<Job>): Promise<Answer> {
    const { maxBatch, isCopied } = this.#options;
    const width = this.#width;
    const padded = paddedRows(rows, maxBatch);
    data.fill(0, rows * width, padded * width);
    const answer = this.#infer(Tensor.from(data.subarray(0, padded * width), [padded, ...this.#rowShape]));
    if (isCopied && capacity === maxBatch) this.#spare = data;
    return answer;
  }
}

/** Returns the number of rows that are computed for so many. */
function paddedRows(rows: number, maxBatch: number): number {
  if (rows > chunkRows && rows > maxBatch) return Math.ceil(rows / chunkRows) * chunkRows;
  const padded = 2 ** Math.ceil(Math.log2(rows));
  return rows <= maxBatch ? Math.min(padded, maxBatch) : padded;
}
