import { BlasnetError } from '../errors.js';
import { NeuralNet } from '../neural-net.js';
import type { Prediction } from '../preparation/prediction.js';
import type { Tensor } from '../tensor.js';

/**
 * Milliseconds for which the event loop may be kept by a batch: about what handing it over to another thread and hearing
 * of its end costs on busy cores, and a fraction of what it takes to read its requests.
 */
const quickMs = 0.3;
/** For so long it may be kept a few times while a net is loaded. */
const warmUpMs = 10;
const warmUps = 5;

/** Computes batches beside the event loop, or at once where they are known to be quick. */
export class BatchRunner {
  readonly #net: NeuralNet;
  /** The least that a row has taken as part of a batch: interference only ever adds. */
  #rowMs = Number.POSITIVE_INFINITY;
  /** A `predict` of a net's own is what is to be called. */
  readonly #isPlain: boolean;

  constructor(net: NeuralNet) {
    this.#net = net;
    this.#isPlain = net.predict === NeuralNet.prototype.predict;
  }

  /**
   * Finds out how long rows take.
   * @param x - a batch as large as they become
   */
  async warmUp(x: Tensor): Promise<void> {
    await this.run(x); // records a plan
    for (let i = 0; i < warmUps; i++) await this.run(x, warmUpMs);
  }

  /**
   * Answers for rows, which are copied at once.
   * @param most - milliseconds for which the event loop may be kept
   * @throws BlasnetError `ERR_NET_BUSY` while the net trains
   */
  async run(x: Tensor, most = quickMs): Promise<Prediction> {
    const started = performance.now();
    const isQuick = this.#isPlain && x.rows * this.#rowMs <= most;
    const prediction = (isQuick && this.#atOnce(x)) || (await this.#net.predict(x));
    this.#rowMs = Math.min(this.#rowMs, (performance.now() - started) / x.rows);
    return prediction;
  }

  /** Undefined where other calls of the net are under way, behind which this one has to queue. */
  #atOnce(x: Tensor): Prediction | undefined {
    try {
      return this.#net.predictSync(x);
    } catch (error) {
      if (error instanceof BlasnetError && error.code === 'ERR_NET_BUSY') return undefined;
      throw error;
    }
  }
}
