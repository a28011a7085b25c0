import type { Callback } from '../callbacks/callback.js';
import { EarlyStopping } from '../callbacks/early-stopping.js';
import { badArgument } from '../core/errors.js';
import { Snapshot } from '../replay/snapshot.js';
import type { Tensor } from '../tensor/tensor.js';

/** Which weights a net was given at the end of a run: the best of the run, or those of a callback; none where undefined. */
export type Restored = 'best' | 'callback' | undefined;

/** Copies of weights as an earlier process left them. */
export interface SavedWeights {
  readonly best: Snapshot;
  readonly kept: readonly Snapshot[];
}

/** The weights of the best checkpoints: that of the run, and that of each `EarlyStopping` with `restoreBest`. */
export class BestWeights {
  /** Of the checkpoint with the lowest loss. */
  readonly best: Snapshot;
  /** Of the best checkpoints in the eyes of callbacks. */
  readonly kept: readonly Snapshot[];
  readonly #callbacks: readonly EarlyStopping[];

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a run that goes on with more such callbacks than before, or fewer */
  constructor(tensors: readonly Tensor[], callbacks: readonly Callback[], saved: SavedWeights | undefined) {
    const keeps = (one: Callback): one is EarlyStopping => one instanceof EarlyStopping && one.restoreBest;
    this.#callbacks = callbacks.filter(keeps);
    const count = this.#callbacks.length;
    if (saved && saved.kept.length !== count) {
      const expected = `${saved.kept.length} of EarlyStopping with restoreBest, as in the checkpoint,`;
      throw badArgument('callbacks', expected, count);
    }
    this.best = saved?.best ?? new Snapshot(tensors);
    this.kept = saved?.kept ?? this.#callbacks.map(() => new Snapshot(tensors));
  }

  /** Copies the weights for those callbacks that the newest checkpoint is the best for, once they have judged it. */
  async keep(): Promise<void> {
    for (const [i, { isBest }] of this.#callbacks.entries()) if (isBest) await this.kept[i]!.take();
  }

  /**
   * Gives the net the weights that its run is to end with.
   * @param restoresBest - whether these are the best of the run, where no callback decides
   * @param isBest - whether the net has the best weights of the run
   */
  restore(restoresBest: boolean, isBest: boolean): Restored {
    const callback = this.#callbacks.at(-1);
    if (callback) {
      if (!callback.isBest) this.kept.at(-1)!.restore();
      return callback.isBest ? undefined : 'callback';
    }
    if (restoresBest && !isBest) this.best.restore();
    return restoresBest && !isBest ? 'best' : undefined;
  }
}
