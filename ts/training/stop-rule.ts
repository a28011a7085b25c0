import type { HyperParameters } from '../hyper-parameters.js';
import { type CheckpointRecord, type StopReason, watchedLoss } from '../training-history.js';

/** Changes in a row that 'stopDiff' wants to be small. */
const patience = 4;

/** Says at each checkpoint whether training should end. */
export class StopRule {
  readonly #params: Pick<HyperParameters, 'stopper' | 'regularizer'>;
  #lowest = Number.POSITIVE_INFINITY;
  #sinceLowest = 0;
  #previous = Number.NaN;
  #small = 0;

  constructor(params: Pick<HyperParameters, 'stopper' | 'regularizer'>) {
    this.#params = params;
  }

  /** Whether the newest checkpoint has the lowest loss so far. */
  get isLowest(): boolean {
    return this.#sinceLowest === 0;
  }

  /** Why training should end after this checkpoint, if it should. */
  judge(record: CheckpointRecord): StopReason | undefined {
    const { stopper, regularizer } = this.#params;
    const { condition, value } = stopper;
    const loss = watchedLoss(record);
    this.#sinceLowest = loss < this.#lowest ? 0 : this.#sinceLowest + 1;
    this.#lowest = Math.min(this.#lowest, loss);
    if (condition === 'stopLoss' && loss <= value) return 'stopLoss';
    if (condition === 'stopDiff') {
      this.#small = Math.abs(loss - this.#previous) < value ? this.#small + 1 : 0;
      this.#previous = loss;
      if (this.#small >= patience) return 'stopDiff';
    }
    if (regularizer.method === 'earlyStop' && this.#sinceLowest >= regularizer.value) return 'earlyStop';
    return undefined;
  }
}
