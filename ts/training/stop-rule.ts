import type { Stopper } from '../hyper-parameters.js';
import { type CheckpointRecord, type StopReason, watchedLoss } from '../training-history.js';

/** Changes in a row that 'stopDiff' wants to be small. */
const patience = 4;

/** Says at each checkpoint whether training should end. */
export class StopRule {
  readonly #stopper: Stopper;
  #previous = Number.NaN;
  #small = 0;

  constructor(stopper: Stopper) {
    this.#stopper = stopper;
  }

  /** Why training should end after this checkpoint, if it should. */
  judge(record: CheckpointRecord): StopReason | undefined {
    const { condition, value } = this.#stopper;
    const loss = watchedLoss(record);
    if (condition === 'stopLoss' && loss <= value) return 'stopLoss';
    if (condition === 'stopDiff') {
      this.#small = Math.abs(loss - this.#previous) < value ? this.#small + 1 : 0;
      this.#previous = loss;
      if (this.#small >= patience) return 'stopDiff';
    }
    return undefined;
  }
}
