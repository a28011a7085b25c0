import type { Model } from '../net/model.js';
import { fromNative } from '../runner.js';
import type { Feed } from './feed.js';
import type { Interruption } from './interruption.js';
import type { LastGood } from './last-good.js';
import type { ProgressReporter } from './progress-reporter.js';
import type { TrainingPlan } from './training-plan.js';

/** The parts that the steps of a run use. */
interface StepsSetup {
  readonly model: Model;
  readonly feed: Feed;
  readonly plan: TrainingPlan;
  readonly lastGood: LastGood;
  readonly interruption: Interruption;
  /** The first iteration, and the one after the last. */
  readonly next: number;
  readonly end: number;
}

/** Makes the steps of a run: gathers their rows, replays them, and reports why they cannot go on. */
export class Steps {
  readonly #setup: StepsSetup;
  /** Iterations that the net has made. */
  #next: number;
  #hasBegun = false; // an epoch, in this process

  constructor(setup: StepsSetup) {
    this.#setup = setup;
    this.#next = setup.next;
  }

  /** The iteration that is the next one. */
  get next(): number {
    return this.#next;
  }

  /** Replays the steps up to `end`, as far as the data that is there goes, again and again; sums begin anew. */
  async runTo(end: number, reporter: ProgressReporter | undefined): Promise<void> {
    const { feed, plan, interruption } = this.#setup;
    plan.slots.clearSums();
    while (this.#next < end) {
      const covered = await interruption.waitFor(() => feed.prepare(this.#next, this.#setup.end, plan));
      await this.#replayTo(Math.min(end, covered), reporter);
    }
  }

  async #replayTo(end: number, reporter: ProgressReporter | undefined): Promise<void> {
    const { model, feed, plan, lastGood, interruption } = this.#setup;
    const { replay } = plan;
    // Given even where nobody listens: at each report C++ also looks whether all buffers are still there.
    const listener = (next: number, slots: Float64Array) => {
      if (reporter?.report(next, slots) === false) replay.abort();
    };
    const beginsEpoch = !this.#hasBegun;
    this.#hasBegun = true;
    const outcome = await interruption.compute(replay, () => replay.run(this.#next, end, beginsEpoch, listener));
    this.#next = outcome.next;
    reporter?.rethrow();
    if (outcome.reason === 'aborted') interruption.check();
    if (outcome.reason === 'notFinite') throw lastGood.lostLoss(outcome.next);
    if (outcome.reason !== 'finished') throw fromNative(new Error(outcome.message));
    model.stack.requireAttached();
    feed.requireAttached();
  }
}
