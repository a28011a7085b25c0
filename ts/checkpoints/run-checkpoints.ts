import { given } from '../given.js';
import type { Model } from '../model.js';
import { type ModelDescription, metadataOf } from '../model-files/description.js';
import { modelWriter } from '../model-files/model-file.js';
import type { Tensor } from '../tensor.js';
import type { CheckpointRecord } from '../training-history.js';
import type { CheckpointOptions } from './checkpoint-options.js';
import { writeKept } from './kept-files.js';
import type { RunState } from './run-state.js';
import { bestName, historyName, optimizerName, sharesOf, tableOf } from './run-tensors.js';

/** Milliseconds between two files where nothing else was asked for, and the share of the time that files may take. */
const leastPause = 1000;
const mostShare = 1 / 20;

/** All of a run at one moment. Its tensors must stay as they are until it is written. */
export interface RunMoment {
  readonly state: RunState;
  readonly records: readonly CheckpointRecord[];
  /** The values that one of the net's or the optimizer's tensors has at that moment; undefined for one without numbers. */
  readonly valuesOf: (tensor: Tensor) => Tensor | undefined;
  /** Likewise at the checkpoint with the lowest loss. */
  readonly bestOf: (tensor: Tensor) => Tensor | undefined;
}

/** Writes the checkpoints of a run to its file, while training goes on. */
export class RunCheckpoints {
  readonly #path: string;
  readonly #keep: number;
  /** Iterations between files; undefined for as many as time permits. */
  readonly #every: number | undefined;
  readonly #model: Model;
  readonly #describe: () => ModelDescription;
  #isNew: boolean;
  #written: number;
  #writing: Promise<unknown> | undefined; // never rejects: resolves to what went wrong
  #started = Number.NEGATIVE_INFINITY;
  #pause = leastPause;

  /**
   * @param run - the iteration that the run begins or goes on at, and whether it goes on
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a net that cannot be saved
   */
  constructor(
    path: string,
    { checkpointEvery, keepCheckpoints = 2 }: CheckpointOptions,
    model: Model,
    describe: () => ModelDescription,
    run: { readonly next: number; readonly iterationsPerEpoch: number; readonly isResumed: boolean },
  ) {
    metadataOf(describe());
    this.#path = path;
    this.#keep = keepCheckpoints;
    const iterations = checkpointEvery && Math.ceil(checkpointEvery * run.iterationsPerEpoch - 1e-9);
    this.#every = iterations && Math.max(1, iterations);
    this.#model = model;
    this.#describe = describe;
    this.#isNew = !run.isResumed;
    this.#written = run.next;
  }

  /** Whether a file should be written now. */
  isDue(next: number): boolean {
    if (this.#every !== undefined) return next - this.#written >= this.#every;
    return !this.#writing && performance.now() - this.#started >= this.#pause;
  }

  /** Begins to write a file; `idle` tells when it is done. */
  start(moment: RunMoment): void {
    const started = performance.now();
    this.#started = started;
    this.#written = moment.state.next;
    this.#writing = this.#write(moment).then(
      () => {
        this.#pause = Math.max(leastPause, (performance.now() - started) / mostShare);
        return undefined;
      },
      (error: unknown) => error,
    );
  }

  /**
   * Waits until nothing is being written: from then on tensors may change.
   * @throws BlasnetError `ERR_BAD_FILE` if a file could not be written; the one before it is still there
   */
  async idle(): Promise<void> {
    const failure = await this.#writing;
    this.#writing = undefined;
    if (failure !== undefined) throw failure;
  }

  async #write({ state, records, valuesOf, bestOf }: RunMoment): Promise<void> {
    const { stack, state: training } = this.#model;
    const { layers, block } = stack;
    const sharesBy = (values: (tensor: Tensor) => Tensor | undefined) =>
      sharesOf(layers, block, { theta: values(block.theta) ?? block.theta, statistics: values(block.statistics) });
    const tensors = sharesBy(valuesOf);
    for (const [array, tensor] of Object.entries(training.namedArrays)) {
      const shares = sharesOf(layers, block, { theta: valuesOf(tensor) ?? tensor });
      for (const [name, share] of shares) tensors.set(optimizerName(array, name), share);
    }
    if (!state.isBest) for (const [name, share] of sharesBy(bestOf)) tensors.set(bestName(name), share);
    tensors.set(historyName, tableOf(records));
    const write = await modelWriter(this.#describe(), tensors, { training: JSON.stringify(given(state)) });
    await writeKept(this.#path, write, { keep: this.#keep, isNew: this.#isNew });
    this.#isNew = false;
  }
}
