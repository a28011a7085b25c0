import { Arena } from '../runtime/arena.js';
import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ParameterBlock } from './layer-stack.js';
import { type NumberRange, pieceOf } from './update-pieces.js';

/** Arrays with the layout of a net's parameters, those that are trained and the others. */
export interface BlockArrays {
  readonly theta: Tensor;
  readonly statistics: Tensor;
}

/**
 * A moving average of a net's parameters. Outside of training the net holds the averages; the weights that are trained lie
 * here meanwhile. Where the net then holds others, because weights were set, loaded or restored, training goes on from
 * those.
 */
export class WeightAverage {
  readonly trained: BlockArrays;
  readonly average: BlockArrays;
  readonly #block: ParameterBlock;
  readonly #decay: number;

  constructor(block: ParameterBlock, decay: number) {
    const arena = new Arena(block.theta.dtype);
    const arrays = (): BlockArrays => ({
      theta: arena.tensor(block.theta.shape),
      statistics: arena.tensor(block.statistics.shape),
    });
    this.trained = arrays();
    this.average = arrays();
    this.#block = block;
    this.#decay = decay;
  }

  /** Records what comes before training: the net gets the weights that are trained. */
  beginPass(runner: Runner): void {
    const { theta, statistics } = this.#block;
    runner.run('begin_averaging', {
      theta,
      trained: this.trained.theta,
      average: this.average.theta,
      statistics,
      trainedStatistics: this.trained.statistics,
      averageStatistics: this.average.statistics,
    });
  }

  /**
   * Records what follows an update that left `weights`.
   * @param pieces - of the weights: those whose average is computed; default: all
   */
  updatePass(runner: Runner, weights: Tensor, pieces?: readonly NumberRange[]): void {
    const { statistics } = this.#block;
    const decay = this.#decay;
    const { theta } = this.average;
    for (const piece of pieces ?? [{ begin: 0, end: theta.size }]) {
      runner.run('average_weights', { weights: pieceOf(weights, piece), average: pieceOf(theta, piece), decay });
    }
    if (statistics.size === 0) return;
    runner.run('average_weights', { weights: statistics, average: this.average.statistics, decay });
  }

  /** Records what comes after training: the net gets the averages. */
  endPass(runner: Runner): void {
    for (const name of ['theta', 'statistics'] as const) {
      if (this.#block[name].size === 0) continue;
      copyPass(runner, this.#block[name], this.trained[name]);
      copyPass(runner, this.average[name], this.#block[name]);
    }
  }
}

function copyPass(runner: Runner, source: Tensor, x: Tensor): void {
  runner.run('copy_rows', { source, firstRow: 0, divisor: 1, x });
}
