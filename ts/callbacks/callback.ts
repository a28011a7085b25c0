import type { NeuralNet } from '../neural-net.js';
import type { CheckpointRecord, StopReason, TrainingHistory } from '../training-history.js';

/**
 * Functions that `train` calls at moments of a run, in the order of its option `callbacks`; each may be left out. Training
 * waits for the promise that one returns. What it throws or rejects with ends the run, and `train` rejects with that.
 *
 * Within a callback the net can predict, be tested and be saved, and its weights can be read; whatever changes it ends with
 * `ERR_NET_BUSY`.
 * @example
 * ```ts
 * import { DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
 *
 * const net = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 100 }), 'net');
 * net.addLayer(new FullyConnectedLayer(1, 1));
 * const reader = DataReader.fromTensors({ xTrain: Tensor.from([[1], [2]]), yTrain: Tensor.from([[2], [4]]) });
 * let answer = 0;
 * const { stopReason } = await net.train(reader, {
 *   callbacks: [
 *     {
 *       onEpochEnd({ net, epoch, stop }) {
 *         answer = net.inference(Tensor.from([[3]])).data[0] ?? 0;
 *         if (epoch === 90) stop();
 *       },
 *     },
 *   ],
 * });
 * stopReason; // → 'callback'
 * Math.abs(answer - 6) < 1; // → true
 * ```
 */
export interface Callback {
  /** Before the first step of the run, or of the rest of a run that is resumed. */
  readonly onTrainBegin?: ((context: TrainBeginContext) => unknown) | undefined;
  /** After each epoch, also where checkpoints are rarer; after `onCheckpoint` where both come at once. */
  readonly onEpochEnd?: ((context: EpochContext) => unknown) | undefined;
  /** After each checkpoint. */
  readonly onCheckpoint?: ((context: CheckpointContext) => unknown) | undefined;
  /** After the run, however it ended, with the weights that the net then has; once for each `onTrainBegin`. */
  readonly onTrainEnd?: ((context: TrainEndContext) => unknown) | undefined;
}

/** The state of a run when a callback is called. */
export interface CallbackContext {
  readonly net: NeuralNet;
  /** Epochs finished since the first `train` of the net, fractions included, as in records. */
  readonly epoch: number;
  /** Iterations finished since then. */
  readonly iteration: number;
  /** The iterations of an epoch. */
  readonly iterationsPerEpoch: number;
  /** The checkpoints of the run so far. */
  readonly records: readonly CheckpointRecord[];
  /**
   * Ends the run after the callbacks of this moment, as if `maxEpoch` were reached: there is a last checkpoint, and `train`
   * resolves. Called at another time, it ends the run within one step. A run that has no checkpoint yet makes one step.
   * @param reason - `stopReason` of the history; default 'callback'
   */
  readonly stop: (reason?: 'callback' | 'earlyStop') => void;
}

/** The state of a run before its first step. */
export interface TrainBeginContext extends CallbackContext {
  /** True where a run is resumed: `records` then holds its checkpoints until there, and `iteration` says where it is. */
  readonly isResumed: boolean;
}

/** The state of a run at the end of an epoch. */
export interface EpochContext extends CallbackContext {
  /** Mean loss over the training rows since the last checkpoint, as in the progress of a run. */
  readonly loss: number;
  /** Accuracy, or R², over the same rows. */
  readonly accuracy: number;
}

/** The state of a run at a checkpoint. */
export interface CheckpointContext extends CallbackContext {
  /** The newest of `records`. */
  readonly record: CheckpointRecord;
  /** True if its validation loss (without a validation set: its training loss) is the lowest of the run. */
  readonly isBest: boolean;
}

/** The state of a run at its end. */
export interface TrainEndContext extends CallbackContext {
  /** Why the run ended; undefined where it failed or was aborted. */
  readonly stopReason: StopReason | undefined;
  /** The value that `train` will resolve with; undefined where the run failed or was aborted. */
  readonly history: TrainingHistory | undefined;
  /** The value that `train` will reject with, where the run failed or was aborted. */
  readonly error: unknown;
}
