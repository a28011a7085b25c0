import type { NativeOutcome } from '../native.js';
import { fromNative, type PassRunner, type Port, type Runner } from '../runner.js';
import { type Slot, Slots } from '../slots.js';
import type { DType, FloatArray } from '../tensor.js';
import { createReplay, type Pass, type Replay } from './replay.js';

/** Rows that pass through a net at once outside of training: enough for full speed, few enough to stay in the cache. */
const mostRows = 256;
/** Fewer where the outputs of all layers together would take more bytes than this: images are large. */
const chunkBytes = 32 << 20;
const leastRows = 16;

/** What a replay over many rows is for. */
export interface ChunkSetup {
  readonly dtype: DType;
  readonly rows: number;
  /** Bytes that one row takes on its way through the net. */
  readonly rowBytes: number;
  readonly isRecordable: boolean;
  /** Numbers in a row of what each run is given, where the pass takes its input from that. */
  readonly inputSize?: number;
}

/** Says the kernels for `rows` rows that begin at the slot `firstRow`. */
export type ChunkPass = (runner: PassRunner, rows: number, firstRow: Slot, slots: Slots) => void;

/** A pass repeated over many rows, a chunk at a time, with a shorter one at the end. */
export class ChunkedReplay {
  readonly slots = new Slots();
  /** How many chunks there are. */
  readonly chunks: number;
  readonly #replay: Replay;

  /** @param once - what is done a single time, before the first chunk */
  constructor(
    { dtype, rows, rowBytes, isRecordable, inputSize }: ChunkSetup,
    chunkPass: ChunkPass,
    once?: (runner: Runner, slots: Slots) => void,
  ) {
    const { slots } = this;
    const pass =
      (count: number): Pass =>
      (runner) =>
        chunkPass(runner, count, slots.slot('firstRow'), slots);
    const fitting = 2 ** Math.floor(Math.log2(chunkBytes / rowBytes));
    const chunkRows = Math.max(leastRows, Math.min(mostRows, fitting));
    const rest = rows % chunkRows;
    this.chunks = Math.ceil(rows / chunkRows);
    const passes = {
      epoch: once && ((runner: Runner) => once(runner, slots)),
      step: rows >= chunkRows ? pass(chunkRows) : undefined,
      last: rest > 0 ? pass(rest) : undefined,
    };
    this.#replay = createReplay(
      passes,
      { dtype, slots, stepsPerEpoch: this.chunks, batchRows: chunkRows, ...(inputSize !== undefined && { inputSize }) },
      isRecordable,
    );
  }

  /** Gives a port its rows for the runs that follow. */
  bind(port: Port, rows: ArrayBufferView, count: number): void {
    this.#replay.bind(port, rows, count);
  }

  /** Runs on this thread. */
  runSync(input?: FloatArray): void {
    check(this.#replay.runSync(0, this.chunks, false, input));
  }

  /** Runs on a thread of its own; until it is done the input must stay where it is. */
  async run(input?: FloatArray): Promise<void> {
    check(await this.#replay.run(0, this.chunks, false, undefined, input));
  }

  /** Ends a run on a thread within one chunk; it then rejects. */
  abort(): void {
    this.#replay.abort();
  }
}

function check(outcome: NativeOutcome): void {
  if (outcome.reason !== 'finished') throw fromNative(new Error(outcome.message || outcome.reason));
}
