import type { Evaluation } from '../metrics/evaluation.js';
import type { CheckpointRecord, TrainingProgress } from '../training-history.js';

/** A little under the tenth of a second at which C++ reports, so that none of its reports is a hair too early. */
const leastMilliseconds = 90;

/**
 * Tells a listener how far a run has come, at most about ten times a second, and remembers what the listener throws or
 * rejects with. While a promise that it returned is pending, it is told nothing, and training goes on.
 */
export class ProgressReporter {
  readonly #tell: (next: number, scalars?: Float64Array) => unknown;
  #lastTime = performance.now();
  #failure: { readonly error: unknown } | undefined;
  #pending: Promise<void> | undefined;
  #isClosed = false;

  /** @param tell - tells the listener how far the run is before the iteration `next`, and returns what it returns */
  constructor(tell: (next: number, scalars?: Float64Array) => unknown) {
    this.#tell = tell;
  }

  /**
   * Tells the listener, unless it was told a moment ago.
   * @param scalars - with the sums so far, where they are not those of the plan
   * @returns false if the listener has thrown, or a promise of it has rejected
   */
  report(next: number, scalars?: Float64Array): boolean {
    const isDue = !this.#pending && performance.now() - this.#lastTime >= leastMilliseconds;
    if (isDue && !this.#failure) this.#call(next, scalars);
    return !this.#failure;
  }

  /**
   * Tells the listener of the end of the run, and waits for its promises.
   * @throws what the listener throws or rejects with
   */
  async finish(next: number): Promise<void> {
    await this.#pending;
    this.rethrow();
    this.#call(next);
    await this.#pending;
    this.rethrow();
  }

  /** Throws what the listener threw or rejected with, if it did. */
  rethrow(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Tells the listener nothing from now on. */
  close(): void {
    this.#isClosed = true;
  }

  #call(next: number, scalars?: Float64Array): void {
    if (this.#isClosed) return;
    this.#lastTime = performance.now();
    const fail = (error: unknown) => {
      this.#failure ??= { error };
    };
    try {
      const result = this.#tell(next, scalars);
      if (!isThenable(result)) return;
      this.#pending = Promise.resolve(result)
        .then(() => {}, fail)
        .finally(() => {
          this.#pending = undefined;
        });
    } catch (error) {
      fail(error);
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The position of a run, and its duration so far. */
export interface Pace {
  readonly maxEpoch: number;
  /** Iterations finished in this run. */
  readonly iteration: number;
  readonly iterationsPerEpoch: number;
  /** Rows of an iteration. */
  readonly batchRows: number;
  readonly seconds: number;
}

/** Computes the progress that a listener receives. */
export function progressOf(
  { maxEpoch, iteration, iterationsPerEpoch, batchRows, seconds }: Pace,
  means: Evaluation,
  checkpoint: CheckpointRecord | undefined,
): TrainingProgress {
  const totalIterations = maxEpoch * iterationsPerEpoch;
  return {
    epoch: Math.ceil(iteration / iterationsPerEpoch),
    maxEpoch,
    iteration,
    totalIterations,
    iterationsPerEpoch,
    ...means,
    ...(checkpoint && { checkpoint }),
    samplesPerSecond: (iteration * batchRows) / seconds,
    secondsLeft: ((totalIterations - iteration) * seconds) / iteration,
  };
}
