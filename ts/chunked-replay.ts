import { Arena } from './arena.js';
import { type NativeOutcome, type NativeReplay, native } from './native.js';
import { type Plan, PlanRecorder } from './plan.js';
import { fromNative, type Port, type Runner } from './runner.js';
import { type Slot, Slots } from './slots.js';
import type { DType } from './tensor.js';

/** Rows that pass through a net at once outside of training: enough for full speed, few enough to stay in the cache. */
const chunkRows = 256;

/** A plan replayed over many rows, a chunk at a time, with a shorter one at the end. */
export class ChunkedReplay {
  readonly slots = new Slots();
  readonly #plans: readonly Plan[];
  readonly #replay: NativeReplay;
  readonly #chunks: number;

  /** @param recordChunk - says the kernels for `rows` rows that begin at the slot `firstRow` */
  constructor(
    dtype: DType,
    rows: number,
    recordChunk: (runner: Runner, rows: number, firstRow: Slot, slots: Slots) => void,
  ) {
    const workspace = new Arena(dtype);
    const record = (count: number): PlanRecorder => {
      workspace.rewind();
      const recorder = new PlanRecorder(workspace);
      recordChunk(recorder, count, this.slots.slot('firstRow'), this.slots);
      return recorder;
    };
    const rest = rows % chunkRows;
    const full = rows >= chunkRows ? record(chunkRows) : undefined;
    const last = rest > 0 ? record(rest) : undefined;
    const [step, shorter] = [full?.finish(), last?.finish()];
    this.#plans = [step, shorter].filter((plan) => plan !== undefined);
    this.#chunks = Math.ceil(rows / chunkRows);
    this.#replay = new native.Replay({
      epoch: null,
      step: step?.native ?? null,
      last: shorter?.native ?? null,
      stepsPerEpoch: this.#chunks,
      batchRows: chunkRows,
      slots: this.slots.data,
    });
  }

  /** Gives a port its rows for the runs that follow. */
  bind(port: Port, rows: ArrayBufferView, count: number): void {
    try {
      for (const plan of this.#plans) plan.bind(port, rows, count);
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  /** Runs on this thread. */
  runSync(): void {
    try {
      check(this.#replay.runSync(0, this.#chunks, false));
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  /** Runs on a thread of its own. */
  async run(): Promise<void> {
    try {
      check(await this.#replay.run(0, this.#chunks, false));
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  /** Ends a run on a thread within one chunk; it then rejects. */
  abort(): void {
    this.#replay.abort();
  }
}

function check(outcome: NativeOutcome): void {
  if (outcome.reason !== 'finished') throw new Error(outcome.message || outcome.reason);
}
