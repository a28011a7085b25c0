import type { CallbackContext } from '../callbacks/callback.js';
import type { RunPosition } from '../checkpoints/run-checkpoints.js';
import type { Model } from '../net/model.js';
import type { CheckpointRecord, TrainingProgress } from '../training-history.js';
import { progressOf } from './progress-reporter.js';
import type { RunSetup } from './run-setup.js';

/** How far a run is, as its files, its listeners and its callbacks are told. */
export class RunStatus {
  /** The checkpoints so far. */
  readonly records: CheckpointRecord[];
  readonly #model: Model;
  readonly #setup: RunSetup;
  /** Iterations that the net has made. */
  readonly #next: () => number;
  #started = performance.now();

  constructor(model: Model, setup: RunSetup, records: readonly CheckpointRecord[], next: () => number) {
    this.records = [...records];
    this.#model = model;
    this.#setup = setup;
    this.#next = next;
  }

  /** Starts the clock, at the time that earlier processes have taken. */
  start(): void {
    this.#started = performance.now() - 1000 * (this.#setup.pending?.seconds ?? 0);
  }

  get #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  get position(): RunPosition {
    const next = this.#next();
    return { next, epochs: Math.ceil(next / this.#setup.plan.iterationsPerEpoch), seconds: this.#seconds };
  }

  /** The progress after `next` iterations, which left those sums in the scalars. */
  progress(next: number, scalars?: Float64Array): TrainingProgress {
    const { plan, first, batchRows } = this.#setup;
    const pace = {
      maxEpoch: this.#model.params.maxEpoch,
      iteration: next - first,
      iterationsPerEpoch: plan.iterationsPerEpoch,
      batchRows,
      seconds: this.#seconds,
    };
    return progressOf(pace, plan.scores.running(scalars), this.records.at(-1));
  }

  /** The state of the run for a callback. */
  context(net: CallbackContext['net'], stop: CallbackContext['stop']): CallbackContext {
    const { iterationsPerEpoch } = this.#setup.plan;
    const { records } = this;
    const iteration = this.#next();
    return {
      net,
      epoch: iteration / iterationsPerEpoch,
      iteration,
      iterationsPerEpoch,
      get records() {
        return Object.freeze([...records]);
      },
      stop,
    };
  }
}
