import type { StopRuleState } from '../checkpoints/run-state.js';
import type { HyperParameters } from '../hyper-parameters.js';
import type { CheckpointRecord, StopReason } from '../training-history.js';
import { lossWatch, type Watch } from '../training-history.js';

/** Changes in a row that 'stopDiff' wants to be small. */
const patience = 4;

const start: StopRuleState = { lowest: Number.POSITIVE_INFINITY, sinceLowest: 0, previous: Number.NaN, small: 0 };

/** Decides at each checkpoint whether training should end. */
export class StopRule {
  readonly #params: Pick<HyperParameters, 'stopper' | 'regularizer'>;
  readonly #watch: Watch;
  #state: StopRuleState;

  /**
   * @param state - where an earlier rule was
   * @param watch - what 'earlyStop' and the best checkpoint go by
   */
  constructor(
    params: Pick<HyperParameters, 'stopper' | 'regularizer'>,
    state: StopRuleState = start,
    watch: Watch = lossWatch,
  ) {
    this.#params = params;
    this.#state = state;
    this.#watch = watch;
  }

  get state(): StopRuleState {
    return this.#state;
  }

  /** True if the newest checkpoint is the best so far: the one with the lowest loss, where nothing else is watched. */
  get isLowest(): boolean {
    return this.#state.sinceLowest === 0;
  }

  /** Returns the reason to end training after this checkpoint, or undefined to go on. */
  judge(record: CheckpointRecord): StopReason | undefined {
    const { stopper, regularizer } = this.#params;
    const { condition, value } = stopper;
    const [loss, score] = [lossWatch.score(record), this.#watch.score(record)];
    const { lowest, previous, ...before } = this.#state;
    const sinceLowest = score < lowest ? 0 : before.sinceLowest + 1;
    const small = Math.abs(loss - previous) < value ? before.small + 1 : 0;
    this.#state = { lowest: score < lowest ? score : lowest, sinceLowest, previous: loss, small };
    if (condition === 'stopLoss' && loss <= value) return 'stopLoss';
    if (condition === 'stopDiff' && small >= patience) return 'stopDiff';
    if (regularizer.method === 'earlyStop' && sinceLowest >= regularizer.value) return 'earlyStop';
    return undefined;
  }
}
