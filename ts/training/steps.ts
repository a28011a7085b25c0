import type { Evaluator } from '../inference/evaluation.js';
import type { Evaluation } from '../metrics/evaluation.js';
import type { Model } from '../net/model.js';
import { fromNative } from '../runtime/runner.js';
import type { Feed } from './feed.js';
import type { Interruption } from './interruption.js';
import type { ProgressReporter } from './progress-reporter.js';
import type { Rollback } from './rollback.js';
import type { Team } from './team.js';
import { digestOf } from './team-facts.js';
import type { TrainingPlan } from './training-plan.js';

/** The parts that the steps of a run use. */
interface StepsSetup {
  readonly model: Model;
  readonly feed: Feed;
  readonly plan: TrainingPlan;
  readonly rollback: Rollback;
  readonly interruption: Interruption;
  readonly team: Team;
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
  /** Steps from one meeting of several ranks to the next. */
  #slice = 1;

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
    const { feed, plan, interruption, isStopped, team } = this.#setup;
    do {
      const covered = await interruption.waitFor(() => feed.prepare(this.#next, this.#setup.end, plan));
      const until = isStopped() ? this.#next + 1 : Math.min(end, covered);
      const agreed = await team.goOn({ next: this.#next, until, steps: this.#slice });
      if (!team.isAlone && isStopped() && this.#next > this.#setup.begin) return;
      await this.#replayTo(agreed, reporter);
    } while (this.#next < end && !isStopped());
  }

  /** Lets several ranks go on together, once all of them have come here with the same weights. */
  async meet(): Promise<void> {
    const { team, model } = this.#setup;
    if (team.isAlone) return;
    const { next } = this;
    const { theta, statistics } = model.stack.block;
    await team.goOn({ next, until: next, steps: 0, checksum: digestOf([theta, statistics]) });
  }

  /**
   * Evaluates the net; several ranks share the work. They meet first: one that has failed since its last step must not
   * leave the others waiting for its part.
   */
  async evaluate(evaluator: Evaluator): Promise<Evaluation> {
    const { team, interruption } = this.#setup;
    if (!evaluator.isShared) return interruption.evaluate(evaluator);
    const { next } = this;
    await team.goOn({ next, until: next, steps: 0 });
    // Not stopped by a signal on the way, since ranks need each other.
    const evaluation = await evaluator.evaluate((error) => team.abort(error));
    interruption.check();
    return evaluation;
  }

  /** Ends the steps that run, if any, after the present one. */
  abort(): void {
    this.#setup.plan.replay.abort();
  }

  async #replayTo(end: number, reporter: ProgressReporter | undefined): Promise<void> {
    const { model, feed, plan, rollback, interruption, isStopped, team } = this.#setup;
    const { replay } = plan;
    const [begin, started] = [this.#next, performance.now()];
    // Given even where nobody listens: at each report C++ also looks whether all buffers are still there.
    const listener = (next: number, scalars: Float64Array) => {
      // Several ranks end at the next meeting: until there, they need each other.
      if (reporter?.report(next, scalars) === false && team.isAlone) replay.abort();
    };
    const beginsEpoch = !this.#hasBegun;
    this.#hasBegun = true;
    const run = () => replay.run(begin, end, beginsEpoch, listener);
    const outcome = await (team.isAlone ? interruption.compute(replay, run) : run());
    this.#next = outcome.next;
    if (!team.isAlone && outcome.reason !== 'notFinite') {
      if (outcome.reason !== 'finished') team.abort(new Error(outcome.message));
      this.#slice = sliceOf(outcome.next - begin, performance.now() - started);
      interruption.check();
    }
    reporter?.rethrow();
    if (outcome.reason === 'aborted') interruption.check();
    if (outcome.reason === 'notFinite') {
      throw rollback.lostLoss(outcome.next, await team.least(plan.firstNotFinite(outcome.next)));
    }
    const hasStopped = outcome.reason === 'aborted' && isStopped();
    if (outcome.reason !== 'finished' && !hasStopped) throw fromNative(new Error(outcome.message));
    model.stack.requireAttached();
    feed.requireAttached();
  }
}

/** Milliseconds from one meeting of several ranks to the next. */
const sliceTime = 100;

/** The steps until the next meeting, after so many in so many milliseconds. */
function sliceOf(steps: number, milliseconds: number): number {
  const fitting = Math.round((steps * sliceTime) / Math.max(milliseconds, 1e-3));
  return Math.max(1, Math.min(8 * steps, fitting));
}
