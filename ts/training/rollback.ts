import type { BlasnetError } from '../core/errors.js';
import type { Model } from '../net/model.js';
import type { Counts } from '../net/training-state.js';
import { Snapshot } from '../replay/snapshot.js';
import type { Tensor } from '../tensor/tensor.js';
import { firstLostLayer, lostNumbers } from './not-finite.js';
import type { TrainingPlan } from './training-plan.js';

/** Weights and optimizer's arrays at the newest checkpoint, to return to when numbers are lost. */
export class Rollback {
  readonly #model: Model;
  readonly #plan: TrainingPlan;
  readonly #snapshot: Snapshot;
  readonly #hint: () => string | undefined;
  /** Batches and updates that were finished. */
  #counts: Counts;

  /** @param hint - how lost numbers may be mended, where that can be told from the data */
  constructor(model: Model, plan: TrainingPlan, hint: () => string | undefined) {
    this.#hint = hint;
    const { state, stack } = model;
    const { theta, statistics } = stack.block;
    this.#model = model;
    this.#plan = plan;
    this.#snapshot = new Snapshot([theta, statistics, ...state.arrays]);
    this.#counts = state.counts;
  }

  /**
   * Takes what is there now, after so many iterations.
   * @throws BlasnetError `ERR_NOT_FINITE` for weights that are not finite; the net is then as it was before
   */
  async take(iterations: number): Promise<void> {
    if (!(await this.#snapshot.take())) throw this.lostNumbers(iterations - 1);
    this.#counts = this.#model.state.counts;
  }

  /** The copy of one of the tensors, until the next `take`; undefined for a tensor without numbers. */
  copyOf(tensor: Tensor): Tensor | undefined {
    return this.#snapshot.copyOf(tensor);
  }

  /** The error after a step that left weights, or predictions made with them, that are no numbers; the net returns. */
  lostNumbers(iteration: number): BlasnetError {
    const layer = firstLostLayer(this.#model.stack.layers);
    return layer === undefined
      ? this.#lost('validation loss', iteration, 'the validation set')
      : this.#lost('weight', iteration, `layer '${layer}'`);
  }

  /**
   * The error after a step whose loss is no number; the net returns.
   * @param at - index of the first step of the graph whose result is not finite; −1 if none
   */
  lostLoss(iteration: number, at: number): BlasnetError {
    return this.#lost('loss', iteration, at < 0 ? 'the loss' : `layer '${this.#model.stack.steps[at]!.step}'`);
  }

  #lost(what: string, iteration: number, where: string): BlasnetError {
    this.#snapshot.restore();
    this.#model.state.counts = this.#counts;
    return lostNumbers(what, { iteration, iterationsPerEpoch: this.#plan.iterationsPerEpoch }, where, this.#hint());
  }
}
