import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { Callback, CheckpointContext, TrainBeginContext } from './callback.js';
import { Monitor, type MonitorOptions } from './monitor.js';

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** The number of checkpoints without a better figure that ends the run. */
  readonly patience: number;
  /** Gives the net the weights of the best checkpoint when the run ends without an error; default false. */
  readonly restoreBest?: boolean | undefined;
}

/**
 * Ends a run after so many checkpoints without a better figure; `stopReason` is then 'earlyStop'.
 * @example
 * ```ts
 * import { DataReader, EarlyStopping, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
 *
 * const net = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 1000 }), 'net');
 * net.addLayer(new FullyConnectedLayer(1, 1));
 * const reader = DataReader.fromTensors({ xTrain: Tensor.from([[1], [2]]), yTrain: Tensor.from([[2], [5]]) });
 * const stopping = new EarlyStopping({ monitor: 'accuracyTrain', patience: 3, minDelta: 0.001, restoreBest: true });
 * (await net.train(reader, { callbacks: [stopping] })).stopReason; // → 'earlyStop'
 * ```
 */
export class EarlyStopping implements Callback {
  readonly patience: number;
  /** Whether the run ends with the weights of the best checkpoint: the run keeps them for the callback. */
  readonly restoreBest: boolean;
  readonly #monitor: Monitor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown or out of range */
  constructor(options: EarlyStoppingOptions) {
    checkOptions(options, ['monitor', 'mode', 'minDelta', 'patience', 'restoreBest']);
    const { patience, restoreBest = false } = options;
    if (!(Number.isSafeInteger(patience) && patience >= 1)) {
      throw badArgument('patience', 'a whole number of checkpoints above 0', patience);
    }
    if (typeof restoreBest !== 'boolean') throw badArgument('restoreBest', 'true or false', restoreBest);
    this.patience = patience;
    this.restoreBest = restoreBest;
    this.#monitor = new Monitor(options);
  }

  /** True if the newest checkpoint is the best so far. */
  get isBest(): boolean {
    return this.#monitor.sinceBest === 0;
  }

  /** Takes up the checkpoints of a run that is resumed, as if it had seen them. */
  onTrainBegin({ records, stop }: TrainBeginContext): void {
    this.#monitor.restart(records);
    this.#judge(stop);
  }

  onCheckpoint({ record, stop }: CheckpointContext): void {
    this.#monitor.judge(record);
    this.#judge(stop);
  }

  #judge(stop: CheckpointContext['stop']): void {
    if (this.#monitor.sinceBest >= this.patience) stop('earlyStop');
  }
}
