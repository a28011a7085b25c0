import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { requireEnding } from '../core/file-endings.js';
import type { CheckpointRecord } from '../training-history.js';
import type { Callback, CheckpointContext, TrainBeginContext } from './callback.js';
import { Monitor, type MonitorOptions } from './monitor.js';

/** Options of {@link ModelCheckpoint}; `monitor`, `mode` and `minDelta` say which checkpoint is the best. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** The file, which is replaced again and again, or a function that names one for each checkpoint. */
  readonly file: string | ((record: CheckpointRecord) => string);
  /** Saves the net only at a checkpoint that is the best so far; default false. */
  readonly saveBestOnly?: boolean | undefined;
}

/**
 * Saves the net at checkpoints, as `net.save` does: a model without the state of the run. To resume runs, see the option
 * `checkpointFile` of `train`.
 * @example
 * ```ts
 * import { DataReader, FullyConnectedLayer, HyperParameters, ModelCheckpoint, NeuralNet, Tensor } from 'blasnet';
 *
 * const net = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 3 }), 'net');
 * net.addLayer(new FullyConnectedLayer(1, 1));
 * const reader = DataReader.fromTensors({ xTrain: Tensor.from([[1], [2]]), yTrain: Tensor.from([[2], [5]]) });
 * const best = new ModelCheckpoint({ file: 'best.safetensors', saveBestOnly: true });
 * const each = new ModelCheckpoint({ file: ({ epoch }) => `epoch-${epoch}.safetensors` });
 * await net.train(reader, { callbacks: [best, each] });
 * (await NeuralNet.load('epoch-2.safetensors')).name; // → 'net'
 * ```
 */
export class ModelCheckpoint implements Callback {
  readonly #file: (record: CheckpointRecord) => string;
  readonly #saveBestOnly: boolean;
  readonly #monitor: Monitor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown or out of range */
  constructor(options: ModelCheckpointOptions) {
    checkOptions(options, ['file', 'saveBestOnly', 'monitor', 'mode', 'minDelta']);
    const { file, saveBestOnly = false } = options;
    if (!(typeof file === 'function' || (typeof file === 'string' && file !== ''))) {
      throw badArgument('file', 'the name of a file, or a function that returns it', file);
    }
    if (typeof file === 'string') requireEnding('file', file, '.safetensors');
    if (typeof saveBestOnly !== 'boolean') throw badArgument('saveBestOnly', 'true or false', saveBestOnly);
    this.#file = typeof file === 'function' ? file : () => file;
    this.#saveBestOnly = saveBestOnly;
    this.#monitor = new Monitor(options);
  }

  /** Takes up the checkpoints of a run that is resumed, as if it had seen them. */
  onTrainBegin({ records }: TrainBeginContext): void {
    if (this.#saveBestOnly) this.#monitor.restart(records);
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for another name than that of a file, `ERR_BAD_FILE` where none can be written */
  async onCheckpoint({ record, net }: CheckpointContext): Promise<void> {
    if (this.#saveBestOnly && !this.#monitor.judge(record)) return;
    await net.save(this.#file(record));
  }
}
