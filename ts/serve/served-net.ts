import { badArgument } from '../errors.js';
import { type RowJob, RowQueue } from '../inference/row-queue.js';
import type { NeuralNet } from '../neural-net.js';
import type { Prediction } from '../preparation/prediction.js';
import { Preparer } from '../preparation/preparer.js';
import { type DType, sizeOf, Tensor } from '../tensor.js';
import { describeNet, type NetDescription } from './description.js';
import type { Settings } from './options.js';

/** A request's rows in the queue. */
export interface InferJob extends RowJob<Prediction> {
  /** When it is answered 504, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Whether it is answered, or nobody is there to hear the answer. */
  isOver(): boolean;
  timeOut(): void;
}

/** Is told of each batch that was computed. */
export type BatchListener = (rows: number, milliseconds: number) => void;

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

  private constructor(
    net: NeuralNet,
    rowShape: readonly number[],
    example: Prediction,
    settings: Settings,
    onBatch: BatchListener,
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
        const prediction = await net.predict(x);
        onBatch(rows, performance.now() - started);
        return prediction;
      },
      rowShape,
      this.dtype,
      { maxBatch, maxDelayMs, isEager: true, isCopied: true },
    );
  }

  /**
   * Computes the largest batch and the smallest: what does not work shows now, and their plans are recorded.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a net whose rows may have any shape, `ERR_NET_BUSY`
   */
  static async of(net: NeuralNet, settings: Settings, onBatch: BatchListener): Promise<ServedNet> {
    const rowShape = net.preparation?.inputShape ?? net.layers.find(({ inputShape }) => inputShape)?.inputShape;
    if (!rowShape) throw badArgument('a served net', 'a layer that says its input shape', 'none');
    const zeros = (rows: number) => Tensor.zeros([rows, ...rowShape], net.params.dtype);
    await net.predict(zeros(settings.maxBatch));
    return new ServedNet(net, rowShape, await net.predict(zeros(1)), settings, onBatch);
  }
}
