import { badArgument } from '../core/errors.js';
import { mapNamed } from '../data/by-name.js';
import type { RowStream } from '../data/data-set.js';
import { countOf, type Part, type Side } from '../data/part.js';
import { boundInputFor, labelRowsIn, type Rows, rowsIn } from '../data/rows.js';
import type { HyperParameters } from '../hyper-parameters.js';
import { sizeOf, type TensorData } from '../tensor/tensor.js';
import type { Feed, Weights } from './feed.js';
import type { TrainingPlan, TrainingSource } from './training-plan.js';

/** About so many bytes of rows are read ahead at once; two such windows take turns. */
const windowBytes = 4 << 20;

const sides = ['inputs', 'targets'] as const;

/** Memory for the rows of a window, by the names of inputs and targets. */
type Buffers = Readonly<Record<Side, Readonly<Record<string, TensorData>>>>;

/** Whole batches of rows, to be replayed in one go; the last ones of an epoch may be fewer. */
interface Window {
  readonly buffers: Buffers;
  /** Its first row in the epoch, and how many it holds. */
  readonly start: number;
  readonly count: number;
}

/** Rows come from a stream, a window at a time; while C++ trains on one window, the next one is filled. */
export class StreamFeed implements Feed {
  readonly source: TrainingSource;
  readonly #checkLabels: ((part: Part) => void) | undefined;
  readonly #stream: RowStream;
  /** Names, shapes and types of the rows as the net takes them. */
  readonly #like: Part;
  /** Rows of this process in a batch, and in an epoch. */
  readonly #batchRows: number;
  readonly #count: number;
  /** Its rows in the batches of full size. */
  readonly #fullCount: number;
  readonly #stepsPerEpoch: number;
  readonly #windows: AsyncGenerator<Window, never>;
  #next: Promise<IteratorResult<Window>> | undefined; // is being filled
  #covered = Number.NEGATIVE_INFINITY; // steps before this one have their rows in the plan's window

  /**
   * @param firstStep - of the run; the stream's rows before it in its epoch are passed over
   * @param checkLabels - refuses rows whose labels the net cannot learn
   */
  constructor(
    params: HyperParameters,
    stream: RowStream,
    weights: Weights,
    firstStep: number,
    checkLabels?: (part: Part) => void,
  ) {
    const { dtype, batchSize } = params;
    this.#checkLabels = checkLabels;
    this.#stream = stream;
    this.#like = {
      inputs: mapNamed(stream.like.inputs, (rows) => rowsIn(dtype, rows)),
      targets: mapNamed(stream.like.targets, (rows) => labelRowsIn(dtype, rows)),
    };
    const { share, count } = stream;
    const wholeBatch = batchSize === -1 ? count : Math.min(batchSize, count);
    this.#batchRows = share?.within(wholeBatch).rows ?? wholeBatch;
    this.#count = share?.countOf(count) ?? count;
    this.#fullCount = Math.floor(count / wholeBatch) * this.#batchRows;
    this.#stepsPerEpoch = Math.ceil(count / wholeBatch);
    this.#windows = this.#readWindows((firstStep % this.#stepsPerEpoch) * this.#batchRows);
    const portsFor = (side: Side) => mapNamed(this.#like[side], (rows) => boundInputFor(dtype, rows));
    const boundInputs = { inputs: portsFor('inputs'), targets: portsFor('targets') };
    this.source = { ...this.#like, count, boundInputs, share, ...weights };
  }

  async prepare(step: number, end: number, { replay, scalars, iterationsPerEpoch }: TrainingPlan): Promise<number> {
    if (step < this.#covered) return this.#covered;
    this.#next ??= this.#windows.next();
    const { value: window } = await this.#next;
    this.#next = undefined;
    for (const side of sides) {
      for (const [name, boundInput] of Object.entries(this.source.boundInputs![side])) {
        replay.bind(boundInput, window.buffers[side][name]!, window.count);
      }
    }
    const { share, count } = this.#stream;
    const [from, to] = [window.start, window.start + window.count];
    // A window begins with a batch.
    scalars.set('windowStart', share ? (from / this.#batchRows) * Math.min(share.batchSize, count) : from);
    const epochStart = step - (step % iterationsPerEpoch);
    // The last batch of an epoch may have no row of this rank.
    const steps = to === this.#count ? this.#stepsPerEpoch : Math.ceil(to / this.#batchRows);
    this.#covered = epochStart + steps;
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
    const count = this.#count;
    const batches = Math.max(1, Math.floor(windowBytes / Math.max(1, this.#rowBytes * this.#batchRows)));
    // Windows end where batches do; the last batch of an epoch goes with those before it, where they do not fill a window.
    const full = this.#fullCount;
    const capacity = Math.min(batches * this.#batchRows, full);
    const endOf = (start: number) => (start + capacity > full ? count : start + capacity);
    // Of a shorter batch, a rank may have one row more than of a full one.
    const buffers = [this.#buffersFor(capacity + 1), this.#buffersFor(capacity + 1)];
    for (let [turn, skipped] = [0, firstRow]; ; skipped = 0) {
      let [start, filled, seen] = [skipped, 0, 0];
      const epoch = this.#stream.open();
      for await (const part of { [Symbol.asyncIterator]: () => epoch }) {
        this.#check(part, seen);
        const partCount = countOf(part);
        const passed = Math.min(Math.max(0, skipped - seen), partCount);
        seen += partCount;
        for (let taken = passed; taken < partCount; ) {
          const end = endOf(start);
          const rows = Math.min(partCount - taken, end - start - filled);
          for (const side of sides) {
            for (const [name, from] of Object.entries(part[side])) {
              copyRows(from, taken, rows, buffers[turn]![side][name]!, filled);
            }
          }
          taken += rows;
          filled += rows;
          if (start + filled < end) continue;
          yield { buffers: buffers[turn]!, start, count: filled };
          turn = 1 - turn;
          start += filled;
          filled = 0;
        }
      }
      if (seen < count) throw badArgument('the stream', `${count} rows in each epoch`, seen);
    }
  }

  get #rowBytes(): number {
    const rows = sides.flatMap((side) => Object.values(this.#like[side]));
    return rows.reduce((sum, { rowShape, data }) => sum + sizeOf(rowShape) * data.BYTES_PER_ELEMENT, 0);
  }

  /** Memory for so many rows. */
  #buffersFor(capacity: number): Buffers {
    const made = (side: Side) =>
      mapNamed(this.#like[side], ({ data, rowShape }) => {
        const Numbers = data.constructor as Float32ArrayConstructor;
        return new Numbers(capacity * sizeOf(rowShape)) as TensorData;
      });
    return { inputs: made('inputs'), targets: made('targets') };
  }

  #check(part: Part, before: number): void {
    const count = this.#count;
    if (before + countOf(part) > count) throw badArgument('the stream', `${count} rows in each epoch`, 'more');
    this.#checkLabels?.(part);
  }
}

/** Copies rows `from` to `from + count` to the row `at` of a buffer. */
function copyRows(
  { data, rowShape, divisor }: Rows,
  from: number,
  count: number,
  target: TensorData,
  at: number,
): void {
  const width = sizeOf(rowShape);
  const rows = data.subarray(from * width, (from + count) * width);
  target.set(rows, at * width);
  if (divisor === 1) return;
  for (let i = at * width; i < (at + count) * width; i++) target[i]! /= divisor;
}
