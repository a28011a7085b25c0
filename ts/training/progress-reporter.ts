import type { Evaluation } from '../inference/evaluation.js';
import type { CheckpointRecord, TrainingProgress } from '../training-history.js';

/** A little under the tenth of a second at which C++ reports, so that none of its reports is a hair too early. */
const leastMilliseconds = 90;

/** Tells a listener how far a run has come, at most about ten times a second, and remembers what the listener throws. */
export class ProgressReporter {
  readonly #tell: (next: number, slots?: Float64Array) => void;
  #lastTime = performance.now();
  #thrown: { readonly error: unknown } | undefined;

  /** @param tell - tells the listener how far the run is before the iteration `next` */
  constructor(tell: (next: number, slots?: Float64Array) => void) {
    this.#tell = tell;
  }

  /**
   * @param slots - with the sums so far, where they are not those of the plan
   * @param always - the end of a run, which is told however soon it comes
   * @returns false if the listener threw
   */
  report(next: number, { slots, always = false }: { slots?: Float64Array; always?: boolean }): boolean {
    const now = performance.now();
    if (this.#thrown) return false;
    if (!always && now - this.#lastTime < leastMilliseconds) return true;
    this.#lastTime = now;
    try {
      this.#tell(next, slots);
    } catch (error) {
      this.#thrown = { error };
    }
    return !this.#thrown;
  }

  /** Throws what the listener threw, if it did. */
  rethrow(): void {
    if (this.#thrown) throw this.#thrown.error;
  }
}

/** Where a run is, and how long that took. */
export interface Pace {
  readonly maxEpoch: number;
  /** Iterations finished in this run. */
  readonly iteration: number;
  readonly iterationsPerEpoch: number;
  /** Rows of an iteration. */
  readonly batchRows: number;
  readonly seconds: number;
}

/** What a listener is told. */
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
