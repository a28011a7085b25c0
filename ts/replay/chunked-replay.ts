import type { NativeOutcome } from '../runtime/native.js';
import { type BoundInput, fromNative, type PassRunner, type Runner } from '../runtime/runner.js';
import { type RuntimeScalar, RuntimeScalars } from '../runtime/runtime-scalars.js';
import type { DType, Tensor, TensorData, TensorType } from '../tensor/tensor.js';
import { createReplay, type Pass, type Replay } from './replay.js';

/** Rows that pass through a net at once outside of training: enough for full speed, few enough for the cache. */
const mostRows = 256;
/** Rows are reduced if the outputs of all layers would need more bytes than this, as for large images. */
const chunkBytes = 32 << 20;
const leastRows = 16;

/** The size and type of a replay over many rows. */
export interface ChunkSetup {
  readonly dtype: DType;
  readonly rows: number;
  /** Bytes of one row's outputs of all layers. */
  readonly rowBytes: number;
  readonly isRecordable: boolean;
  /** Numbers in a row of a run's input, if the pass reads its rows from there. */
  readonly inputSize?: number;
  /** Returns the tensors of the pass recorded last that are read after a run; the others share memory. */
  readonly kept?: () => readonly Tensor[];
  /** The type of these numbers; by default the dtype. */
  readonly inputType?: TensorType;
  /** Spare numbers of the scalars. */
  readonly spareSlots?: number;
  /** Chunks that a pass covers, where several processes share them; default 1. */
  readonly together?: number;
}

/** Calls the kernels for `rows` rows that begin at the scalar `firstRow`. A chunk has up to `chunkRows` of them. */
export type ChunkPass = (
  runner: PassRunner,
  rows: number,
  firstRow: RuntimeScalar,
  scalars: RuntimeScalars,
  chunkRows: number,
) => void;

/** Repeats a pass over many rows, one chunk at a time, or `together` of them; the last chunk may be shorter. */
export class ChunkedReplay {
  readonly scalars: RuntimeScalars;
  /** How often the pass runs: once for each chunk, or for several together. */
  readonly chunks: number;
  readonly #replay: Replay;

  /** @param once - a pass that runs one time, before the first chunk */
  constructor(
    { dtype, rows, rowBytes, isRecordable, spareSlots, together = 1, ...input }: ChunkSetup,
    chunkPass: ChunkPass,
    once?: (runner: Runner, scalars: RuntimeScalars) => void,
  ) {
    const scalars = new RuntimeScalars([], spareSlots);
    this.scalars = scalars;
    const pass =
      (count: number): Pass =>
      (runner) =>
        chunkPass(runner, count, scalars.scalar('firstRow'), scalars, chunkRows);
    const fitting = 2 ** Math.floor(Math.log2(chunkBytes / rowBytes));
    const chunkRows = Math.max(leastRows, Math.min(mostRows, fitting));
    const passRows = chunkRows * together;
    const rest = rows % passRows;
    this.chunks = Math.ceil(rows / passRows);
    const passes = {
      epoch: once && ((runner: Runner) => once(runner, scalars)),
      step: rows >= passRows ? pass(passRows) : undefined,
      last: rest > 0 ? pass(rest) : undefined,
    };
    this.#replay = createReplay(
      passes,
      { dtype, scalars, stepsPerEpoch: this.chunks, batchRows: passRows, ...input },
      isRecordable,
    );
  }

  /** Gives a bound input its rows for the runs that follow. */
  bind(boundInput: BoundInput, rows: ArrayBufferView, count: number): void {
    this.#replay.bind(boundInput, rows, count);
  }

  /** Runs on this thread. */
  runSync(input?: TensorData): void {
    check(this.#replay.runSync(0, this.chunks, false, input));
  }

  /** Runs on a thread of its own. Until it is done the input must not be transferred. */
  async run(input?: TensorData): Promise<void> {
    check(await this.#replay.run(0, this.chunks, false, undefined, input));
  }

  /** Ends a run on a thread after the current chunk at the latest; `run` then rejects. */
  abort(): void {
    this.#replay.abort();
  }
}

function check(outcome: NativeOutcome): void {
  if (outcome.reason !== 'finished') throw fromNative(new Error(outcome.message || outcome.reason));
}
