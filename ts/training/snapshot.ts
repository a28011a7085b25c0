import { Arena } from '../arena.js';
import type { NativeReplay } from '../native.js';
import { PlanRecorder } from '../plan.js';
import { fromNative } from '../runner.js';
import { Slots } from '../slots.js';
import { type FloatArray, Tensor } from '../tensor.js';

/** A copy of all parameters, renewed and checked off the event loop: a large net has millions of them. */
export class Snapshot {
  readonly #theta: Tensor;
  readonly #copy: FloatArray;
  readonly #replay: NativeReplay;

  constructor(theta: Tensor) {
    this.#theta = theta;
    this.#copy = theta.data.slice();
    const runner = new PlanRecorder(new Arena(theta.dtype));
    runner.run('require_finite', { values: theta });
    runner.run('copy_rows', { source: theta, firstRow: 0, divisor: 1, x: Tensor.from(this.#copy) });
    this.#replay = runner.finish().replayAlone(new Slots());
  }

  /** Renews the copy; false, and the older copy stays, where one of them is NaN or infinite. */
  async take(): Promise<boolean> {
    try {
      const outcome = await this.#replay.run(0, 1, false);
      if (outcome.reason === 'notFinite') return false;
      if (outcome.reason !== 'finished') throw new Error(outcome.message);
      return true;
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  /** Gives the parameters the values that they had when the snapshot was last taken. */
  restore(): void {
    this.#theta.data.set(this.#copy);
  }
}
