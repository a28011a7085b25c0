import { BlasnetError, badArgument } from '../core/errors.js';
import type { Prediction } from '../data/preparation/prediction.js';
import { Preparer } from '../data/preparation/preparer.js';
import { type RowJob, RowQueue } from '../inference/row-queue.js';
import { NeuralNet } from '../neural-net.js';
import { type DType, sizeOf, Tensor } from '../tensor/tensor.js';
import { describeNet, type NetDescription } from './description.js';
import type { Settings } from './options.js';

/** The rows of a request in the queue. */
export interface InferJob extends RowJob<Prediction> {
  /** When it is answered 504, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Whether it has been answered, or its client has gone. */
  isOver(): boolean;
  /** Answers 504. */
  timeOut(): void;
}

/** Is told what the queue of a net does. */
export interface QueueListener {
  /** A batch was computed. */
  onBatch(rows: number, milliseconds: number): void;
  /** Fewer rows wait or are computed than before. */
  onFreed(): void;
}

/** Milliseconds of computation for which a thread is not worth its while: to tell it, and to be told, takes as long. */
const shortMs = 0.1;

/** A net that is ready for requests, with its queue. */
export class ServedNet {
  readonly net: NeuralNet;
  readonly dtype: DType;
  readonly rowShape: readonly number[];
  /** Numbers of a row. */
  readonly width: number;
  readonly preparer: Preparer;
  readonly queue: RowQueue<Prediction, InferJob>;
  readonly loadedAt = new Date().toISOString();
  readonly description: NetDescription;
  /** Rows for each byte of a body, as in the last request: an estimate for those that are not parsed yet. */
  rowsPerByte = 0;

  /** The least that a row of a batch has taken. */
  #msPerRow = Number.POSITIVE_INFINITY;

  private constructor(
    net: NeuralNet,
    rowShape: readonly number[],
    example: Prediction,
    settings: Settings,
    { onBatch, onFreed }: QueueListener,
  ) {
    this.net = net;
    this.dtype = net.params.dtype;
    this.rowShape = rowShape;
    this.width = sizeOf(rowShape);
    this.preparer = new Preparer(net.preparation);
    this.description = describeNet(net, rowShape, example);
    const { maxBatch, maxDelayMs } = settings;
    this.queue = new RowQueue(
      async (x: Tensor) => {
        const started = performance.now();
        const rows = this.queue.computing;
        const prediction = await this.#predict(x);
        const ms = performance.now() - started;
        this.#msPerRow = Math.min(this.#msPerRow, ms / x.rows);
        onBatch(rows, ms);
        return prediction;
      },
      rowShape,
      this.dtype,
      { maxBatch, maxDelayMs, isEager: true, isCopied: true, onFreed },
    );
  }

  /**
   * Prepares a net for requests. Computes the largest and the smallest batch, so that their plans are recorded and a net
   * that does not work fails here.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a net whose rows may have any shape, or that has several outputs,
   *   `ERR_NET_BUSY`
   */
  static async of(net: NeuralNet, settings: Settings, listener: QueueListener): Promise<ServedNet> {
    const { length } = net.outputs;
    if (length > 1) throw badArgument('a served net', 'one output', length);
    const { preparation } = new Preparer(net.preparation);
    const rowShape = preparation?.inputShape ?? net.layers.find(({ inputShape }) => inputShape)?.inputShape;
    if (!rowShape) throw badArgument('a served net', 'a layer with a known input shape', 'none');
    const zeros = (rows: number) => Tensor.zeros([rows, ...rowShape], net.params.dtype);
    await net.predict(zeros(settings.maxBatch));
    return new ServedNet(net, rowShape, await net.predict(zeros(1)), settings, listener);
  }
  /** Computes a batch: beside the event loop, unless that takes longer than the computation. */
  async #predict(x: Tensor): Promise<Prediction> {
    // A class of nets may answer in a way of its own.
    const isPlain = this.net.predict === NeuralNet.prototype.predict;
    if (isPlain && this.#msPerRow * x.rows <= shortMs) {
      try {
        return this.net.predictSync(x);
      } catch (error) {
        // Calls of the net's owner, behind which this one may queue.
        if (!(error instanceof BlasnetError && error.code === 'ERR_NET_BUSY')) throw error;
      }
    }
    return this.net.predict(x);
  }
}
