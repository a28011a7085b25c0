import type { RowStream } from '../data/data-set.js';
import type { Part } from '../data/part.js';
import { portFor, type Rows } from '../data/rows.js';
import { badArgument } from '../errors.js';
import type { HyperParameters } from '../hyper-parameters.js';
import type { Operand } from '../runner.js';
import { arrayOf, type FloatArray, sizeOf } from '../tensor.js';
import { checkLabels } from './check-data.js';
import type { Feed } from './feed.js';
import type { TrainingPlan, TrainingSource } from './training-plan.js';

/** About so many bytes of rows are read ahead at once; two such windows take turns. */
const windowBytes = 4 << 20;

/** Whole batches of rows, to be replayed in one go; the last ones of an epoch may be fewer. */
interface Window {
  readonly x: FloatArray;
  readonly y: FloatArray;
  /** Its first row in the epoch, and how many it holds. */
  readonly start: number;
  readonly count: number;
}

/** Rows come from a stream, a window at a time; while C++ trains on one window, the next one is filled. */
export class StreamFeed implements Feed {
  readonly source: TrainingSource;
  readonly #params: HyperParameters;
  readonly #stream: RowStream;
  readonly #batchRows: number;
  readonly #windows: AsyncGenerator<Window, never>;
  #next: Promise<IteratorResult<Window>> | undefined; // is being filled
  #covered = Number.NEGATIVE_INFINITY; // steps before this one have their rows in the plan's window

  /** @param firstStep - of the run; the stream's rows before it in its epoch are passed over */
  constructor(params: HyperParameters, stream: RowStream, classWeights: Operand, firstStep: number) {
    const { dtype, batchSize } = params;
    const rowsLike = (rowShape: readonly number[]): Rows => ({
      data: new (arrayOf(dtype))(0),
      count: 0,
      rowShape,
      divisor: 1,
    });
    const [x, y] = [rowsLike(stream.xShape), rowsLike(stream.yShape)];
    this.#params = params;
    this.#stream = stream;
    this.#batchRows = batchSize === -1 ? stream.count : Math.min(batchSize, stream.count);
    const stepsPerEpoch = Math.ceil(stream.count / this.#batchRows);
    this.#windows = this.#readWindows((firstStep % stepsPerEpoch) * this.#batchRows);
    this.source = { x, y, count: stream.count, ports: { x: portFor(dtype, x), y: portFor(dtype, y) }, classWeights };
  }

  async prepare(step: number, end: number, { replay, slots, iterationsPerEpoch }: TrainingPlan): Promise<number> {
    if (step < this.#covered) return this.#covered;
    this.#next ??= this.#windows.next();
    const { value: window } = await this.#next;
    this.#next = undefined;
    const { x, y } = this.source.ports!;
    replay.bind(x, window.x, window.count);
    replay.bind(y, window.y, window.count);
    slots.set('windowStart', window.start);
    const epochStart = step - (step % iterationsPerEpoch);
    this.#covered = epochStart + Math.ceil((window.start + window.count) / this.#batchRows);
    if (this.#covered < end) {
      this.#next = this.#windows.next();
      this.#next.catch(() => {}); // told when it is waited for
    }
    return this.#covered;
  }

  requireAttached(): void {}

  /** Ends the stream. A window that is being filled is not waited for: its source may never answer. */
  async close(): Promise<void> {
    const ended = this.#windows.return(undefined as never);
    if (!this.#next) await ended;
    else ended.catch(() => {});
  }

  /**
   * The windows of one epoch after another. Two buffers take turns, so that one can be filled while the other is read.
   * @param firstRow - where the first epoch begins
   */
  async *#readWindows(firstRow: number): AsyncGenerator<Window, never> {
    const { count, xShape, yShape } = this.#stream;
    const [xSize, ySize] = [sizeOf(xShape), sizeOf(yShape)];
    const Numbers = arrayOf(this.#params.dtype);
    const batchBytes = (xSize + ySize) * Numbers.BYTES_PER_ELEMENT * this.#batchRows;
    const batches = Math.max(1, Math.floor(windowBytes / Math.max(1, batchBytes)));
    const capacity = Math.min(batches * this.#batchRows, count);
    const buffers = [0, 1].map(() => ({ x: new Numbers(capacity * xSize), y: new Numbers(capacity * ySize) }));
    for (let [turn, skipped] = [0, firstRow]; ; skipped = 0) {
      let [start, filled, seen] = [skipped, 0, 0];
      const epoch = this.#stream.open();
      for await (const part of { [Symbol.asyncIterator]: () => epoch }) {
        this.#check(part, seen);
        const passed = Math.min(Math.max(0, skipped - seen), part.x.count);
        seen += part.x.count;
        for (let taken = passed; taken < part.x.count; ) {
          const rows = Math.min(part.x.count - taken, capacity - filled);
          const { x, y } = buffers[turn]!;
          copyRows(part.x, taken, rows, x, filled);
          copyRows(part.y, taken, rows, y, filled);
          taken += rows;
          filled += rows;
          if (filled < capacity && start + filled < count) continue;
          yield { x, y, start, count: filled };
          turn = 1 - turn;
          start += filled;
          filled = 0;
        }
      }
      if (seen < count) throw badArgument('the stream', `${count} rows in each epoch`, seen);
    }
  }

  #check({ x, y }: Part, before: number): void {
    const { count } = this.#stream;
    if (before + x.count > count) throw badArgument('the stream', `${count} rows in each epoch`, 'more');
    checkLabels(this.#params, y, 'the stream');
  }
}

/** Copies rows `from` to `from + count` to the row `at` of a buffer. */
function copyRows(
  { data, rowShape, divisor }: Rows,
  from: number,
  count: number,
  target: FloatArray,
  at: number,
): void {
  const width = sizeOf(rowShape);
  const rows = data.subarray(from * width, (from + count) * width);
  target.set(rows, at * width);
  if (divisor === 1) return;
  for (let i = at * width; i < (at + count) * width; i++) target[i]! /= divisor;
}
