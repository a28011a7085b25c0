import { badArgument } from '../core/errors.js';
import type { Prediction } from '../data/preparation/prediction.js';
import { Preparer } from '../data/preparation/preparer.js';
import { type RowJob, RowQueue } from '../inference/row-queue.js';
import type { NeuralNet } from '../neural-net.js';
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
        const prediction = await net.predict(x);
        onBatch(rows, performance.now() - started);
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
}
