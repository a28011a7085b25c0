import type { Model } from '../net/model.js';
import { fromNative } from '../runtime/runner.js';
import type { Feed } from './feed.js';
import type { Interruption } from './interruption.js';
import type { ProgressReporter } from './progress-reporter.js';
import type { Rollback } from './rollback.js';
import type { TrainingPlan } from './training-plan.js';

/** The parts that the steps of a run use. */
interface StepsSetup {
  readonly model: Model;
  readonly feed: Feed;
  readonly plan: TrainingPlan;
  readonly rollback: Rollback;
  readonly interruption: Interruption;
  /** The first iteration, and the one after the last. */
  readonly begin: number;
  readonly end: number;
  /** Whether the run is to end soon. */
  readonly isStopped: () => boolean;
}

/** Makes the steps of a run: gathers their rows, replays them, and reports why they cannot go on. */
export class Steps {
  readonly #setup: StepsSetup;
  /** Iterations that the net has made. */
  #next: number;
  #hasBegun = false; // an epoch, in this process

  constructor(setup: StepsSetup) {
    this.#setup = setup;
    this.#next = setup.begin;
  }

  /** The iteration that is the next one. */
  get next(): number {
    return this.#next;
  }

  /**
   * Replays the steps up to `end`, as far as the data that is there goes, again and again. If the run is stopped, makes one
   * step, or none where it is stopped in the middle.
   */
  async runTo(end: number, reporter: ProgressReporter | undefined): Promise<void> {
    const { feed, plan, interruption, isStopped } = this.#setup;
    do {
      const covered = await interruption.waitFor(() => feed.prepare(this.#next, this.#setup.end, plan));
      await this.#replayTo(isStopped() ? this.#next + 1 : Math.min(end, covered), reporter);
    } while (this.#next < end && !isStopped());
  }

  /** Ends the steps that run, if any, after the present one. */
  abort(): void {
    this.#setup.plan.replay.abort();
  }

  async #replayTo(end: number, reporter: ProgressReporter | undefined): Promise<void> {
    const { model, feed, plan, rollback, interruption, isStopped } = this.#setup;
    const { replay } = plan;
    // Given even where nobody listens: at each report C++ also looks whether all buffers are still there.
    const listener = (next: number, scalars: Float64Array) => {
      if (reporter?.report(next, scalars) === false) replay.abort();
    };
    const beginsEpoch = !this.#hasBegun;
    this.#hasBegun = true;
    const outcome = await interruption.compute(replay, () => replay.run(this.#next, end, beginsEpoch, listener));
    this.#next = outcome.next;
    reporter?.rethrow();
    if (outcome.reason === 'aborted') interruption.check();
    if (outcome.reason === 'notFinite') throw rollback.lostLoss(outcome.next);
    const hasStopped = outcome.reason === 'aborted' && isStopped();
    if (outcome.reason !== 'finished' && !hasStopped) throw fromNative(new Error(outcome.message));
    model.stack.requireAttached();
    feed.requireAttached();
  }
}
