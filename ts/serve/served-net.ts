import { BlasnetError, badArgument } from '../core/errors.js';
import type { NamedTensors } from '../data/named-tensors.js';
import { NamedPreparer } from '../data/preparation/named-preparer.js';
import { Preparer } from '../data/preparation/preparer.js';
import type { Answers } from '../inference/row-predictor.js';
import { type RowJob, RowQueue } from '../inference/row-queue.js';
import { NeuralNet } from '../neural-net.js';
import { type DType, sizeOf, Tensor } from '../tensor/tensor.js';
import { answerParts, describeNet, type NetDescription } from './description.js';
import { type AllOutputs, allOutputs } from './infer-reply.js';
import type { Settings } from './options.js';
import { Sequences } from './sequences.js';

/** The rows of a request in the queue. */
export interface InferJob extends RowJob<Answers> {
  /** When it is answered 504, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Whether it has been answered, or its client has gone. */
  isOver(): boolean;
  /** Answers 504. */
  timeOut(): void;
}

/** Receives the events of a net's queue. */
export interface QueueListener {
  /** A batch was computed. */
  onBatch(rows: number, milliseconds: number): void;
  /** Fewer rows wait or are computed than before. */
  onFreed(): void;
}

/** Milliseconds of computation below which no thread is used: the messages to it and back take as long. */
const shortMs = 0.1;

/** A net that is ready for requests, with its queue. */
export class ServedNet {
  readonly net: NeuralNet;
  readonly dtype: DType;
  readonly rowShape: readonly number[];
  /** Whether numbers of requests may be rounded to single precision: not where some are class numbers. */
  readonly isSingle: boolean;
  /** Numbers of a row. */
  readonly width: number;
  readonly preparer: Preparer | NamedPreparer;
  /** The tensors of an answer. */
  readonly outputs: AllOutputs;
  readonly queue: RowQueue<Answers, InferJob>;
  /** The sequences that clients hand in step by step. */
  readonly sequences: Sequences;
  readonly loadedAt = new Date().toISOString();
  readonly description: NetDescription;
  /** Rows for each byte of a body, as in the last request: an estimate for those that are not parsed yet. */
  rowsPerByte = 0;

  /** The least that a row of a batch has taken. */
  #msPerRow = Number.POSITIVE_INFINITY;

  private constructor(
    net: NeuralNet,
    preparer: Preparer | NamedPreparer,
    rowShape: readonly number[],
    example: Answers,
    settings: Settings,
    { onBatch, onFreed }: QueueListener,
  ) {
    this.net = net;
    this.dtype = net.params.dtype;
    this.rowShape = rowShape;
    this.width = sizeOf(rowShape);
    this.preparer = preparer;
    this.isSingle = this.dtype === 'float32' && preparer instanceof Preparer;
    this.outputs = allOutputs(answerParts(example));
    this.description = describeNet(net, preparer, rowShape, example);
    this.sequences = new Sequences(() => net.stream(), settings, { onBatch, onFreed });
    const { maxBatch, maxDelayMs } = settings;
    this.queue = new RowQueue(
      async (x: Tensor) => {
        const started = performance.now();
        const rows = this.queue.computing;
        const prediction = await this.#predict(preparer instanceof NamedPreparer ? preparer.split(x) : x, x.rows);
        const ms = performance.now() - started;
        this.#msPerRow = Math.min(this.#msPerRow, ms / x.rows);
        onBatch(rows, ms);
        return prediction;
      },
      rowShape,
      // Double holds the class numbers of int32 inputs.
      preparer instanceof NamedPreparer ? 'float64' : this.dtype,
      { maxBatch, maxDelayMs, isEager: true, isCopied: true, onFreed },
    );
  }

  /**
   * Prepares a net for requests. Computes the largest and the smallest batch, so that their plans are recorded and a net
   * that does not work fails here.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a net whose rows may have any shape, `ERR_NET_BUSY`
   */
  static async of(net: NeuralNet, settings: Settings, listener: QueueListener): Promise<ServedNet> {
    const { preparation, inputs, outputs } = net;
    const hasIndices = inputs.some(({ dtype }) => dtype === 'int32');
    const isNamed = preparation?.inputs !== undefined || inputs.length > 1 || outputs.length > 1 || hasIndices;
    const preparer = isNamed ? new NamedPreparer(preparation, inputs) : new Preparer(preparation);
    const rowShape = preparer instanceof NamedPreparer ? [preparer.width] : rowShapeOf(net);
    const zeros = (rows: number) => {
      const flat = Tensor.zeros([rows, ...rowShape], net.params.dtype);
      if (!(preparer instanceof NamedPreparer)) return flat;
      const tensors = preparer.split(flat);
      for (const [i, tensor] of Object.values(tensors).entries()) tensor.data.fill(inputs[i]?.range?.[0] ?? 0);
      return tensors;
    };
    await net.predict(zeros(settings.maxBatch));
    return new ServedNet(net, preparer, rowShape, await net.predict<Answers>(zeros(1)), settings, listener);
  }

  /** Rows and steps that wait or are computed. */
  get rows(): number {
    return this.queue.rows + this.sequences.rows;
  }

  /** Computes a batch: beside the event loop, unless that takes longer than the computation. */
  async #predict(raw: Tensor | NamedTensors, rows: number): Promise<Answers> {
    // A class of nets may answer in a way of its own.
    const isPlain = this.net.predict === NeuralNet.prototype.predict;
    if (isPlain && this.#msPerRow * rows <= shortMs) {
      try {
        return this.net.predictSync<Answers>(raw);
      } catch (error) {
        // Calls of the net's owner, behind which this one may queue.
        if (!(error instanceof BlasnetError && error.code === 'ERR_NET_BUSY')) throw error;
      }
    }
    return this.net.predict<Answers>(raw);
  }
}

function rowShapeOf({ preparation, inputs, layers }: NeuralNet): readonly number[] {
  const rowShape =
    preparation?.inputShape ?? inputs[0]?.rowShape ?? layers.find(({ inputShape }) => inputShape)?.inputShape;
  if (!rowShape) throw badArgument('a served net', 'a layer with a known input shape', 'none');
  return rowShape;
}
