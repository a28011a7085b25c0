import type { Callback } from '../callbacks/callback.js';
import type { CheckpointOptions } from '../checkpoints/checkpoint-options.js';
import { type Communicator, checkCommunicator } from '../core/communicator.js';
import { didYouMean } from '../core/did-you-mean.js';
import { badArgument } from '../core/errors.js';
import { checkOptions, isFields } from '../core/fields.js';
import { DataReader } from '../data/data-reader.js';
import { requireTensor, type Tensor } from '../tensor/tensor.js';
import type { CheckpointRecord, TrainingProgress } from '../training-history.js';

/** Options of one `net.train`. How many epochs it trains is a hyperparameter, `maxEpoch`. */
export interface TrainOptions extends CheckpointOptions {
  /**
   * Epochs between checkpoints, fractions included: 0.05 is twenty checkpoints an epoch. Default 1, or as before where a
   * run is resumed.
   */
  readonly checkpoint?: number | undefined;
  /** Measures loss and accuracy on the test set at the end; default false. */
  readonly needTest?: boolean | undefined;
  /**
   * Draws a new order of the training rows for each epoch; default true, or as before where a run is resumed. With
   * 'byLength' the batches are of sequences of like length, in random order, so that recurrent layers and attention skip
   * what is padding; for rows in memory, and a net with a `MaskLayer` on an input or an `EmbeddingLayer` with `maskZero`.
   */
  readonly shuffle?: boolean | 'byLength' | undefined;
  /**
   * Gives the net the weights of its best checkpoint, `history.best`, when the run ends by `maxEpoch` or a stop rule. A
   * run that is aborted or fails keeps its last weights; `net.restoreBest()` restores the best ones then. The best
   * checkpoint has the lowest validation loss; without a validation set, the lowest training loss; or the best value of
   * the metric that the hyperparameter `monitor` names. Default false, or as before where a run is resumed.
   */
  readonly restoreBest?: boolean | undefined;
  /** Shows a progress bar on the terminal, or writes lines where there is none; default false. */
  readonly progress?: boolean | undefined;
  /**
   * Receives the progress of the run at most ten times a second, and at its end. It may return a promise: training goes
   * on meanwhile, reports are left out until it is settled, and `train` waits for the last one. What it throws or rejects
   * with ends the run, and `train` rejects with that.
   */
  readonly onProgress?: ((progress: TrainingProgress) => unknown) | undefined;
  /**
   * Receives each checkpoint. Training waits for the promise that it returns, if any. What it throws or rejects with ends
   * the run, and `train` rejects with that. The net is busy meanwhile: to predict with it or save it, use `callbacks`.
   */
  readonly onCheckpoint?: ((record: CheckpointRecord) => unknown) | undefined;
  /**
   * A weight ≥ 0 for each training row, in the reader's order of them (without validation and test set): the mean loss is
   * Σ wᵢ lossᵢ / m over the m rows of a batch. Metrics and the validation loss are not weighed. Default: all rows weigh 1.
   */
  readonly sampleWeight?: Tensor | undefined;
  /** Objects whose functions are called at moments of the run, in this order; see `Callback`. */
  readonly callbacks?: readonly Callback[] | undefined;
  /**
   * The processes that train together, from `mpi()` of `blasnet/mpi`: all of them call `train` with the same net, data and
   * options. Each computes some shards of every batch, and all end with the same weights and the same history. Only rank 0
   * writes `checkpointFile` and shows progress; listeners and callbacks are called on all ranks.
   */
  readonly communicator?: Communicator | undefined;
  /**
   * The pieces that each batch is cut into; gradients are added in their order. The result has the same bits for any number
   * of ranks that divides the number of shards. Default: the number of ranks, or as before where a run is resumed.
   */
  readonly shards?: number | undefined;
  /** Ends the run within one step, of several ranks within a second; `train` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks the arguments of `train`.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but a reader, an unknown option, or one of a wrong type
 */
export function checkTrainArguments(reader: unknown, options: TrainOptions): asserts reader is DataReader {
  if (!(reader instanceof DataReader)) {
    const hint = 'DataReader.fromTensors({ xTrain: x, yTrain: y }) makes one of two tensors';
    throw badArgument('reader', 'a DataReader', reader, hint);
  }
  checkOptions(options, [
    ...(['checkpoint', 'needTest', 'shuffle', 'restoreBest', 'progress', 'sampleWeight'] as const),
    ...(['onProgress', 'onCheckpoint', 'callbacks', 'signal', 'communicator', 'shards'] as const),
    ...(['checkpointFile', 'checkpointEvery', 'keepCheckpoints'] as const),
  ]);
  const { signal, onProgress, onCheckpoint, needTest, shuffle, restoreBest, progress } = options;
  for (const [name, flag] of Object.entries({ needTest, restoreBest, progress })) {
    if (flag !== undefined && typeof flag !== 'boolean') throw badArgument(name, 'true or false', flag);
  }
  if (shuffle !== undefined && typeof shuffle !== 'boolean' && shuffle !== 'byLength') {
    throw badArgument('shuffle', "true, false or 'byLength'", shuffle);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw badArgument('signal', 'an AbortSignal', signal);
  for (const [name, listener] of Object.entries({ onProgress, onCheckpoint })) {
    if (listener !== undefined && typeof listener !== 'function') throw badArgument(name, 'a function', listener);
  }
  if (options.sampleWeight !== undefined) requireTensor('sampleWeight', options.sampleWeight);
  if (options.callbacks !== undefined) checkCallbacks(options.callbacks);
  if (options.communicator !== undefined) checkCommunicator(options.communicator);
  const { shards } = options;
  if (shards !== undefined && !(Number.isInteger(shards) && shards >= 1 && shards <= mostShards)) {
    throw badArgument('shards', `a whole number from 1 to ${mostShards}`, shards);
  }
}

const mostShards = 4096;

const hooks = ['onTrainBegin', 'onEpochEnd', 'onCheckpoint', 'onTrainEnd'] as const satisfies (keyof Callback)[];

function checkCallbacks(callbacks: unknown): void {
  if (!Array.isArray(callbacks)) throw badArgument('callbacks', 'a list of callbacks', callbacks);
  for (const [i, callback] of callbacks.entries()) {
    const name = `callbacks[${i}]`;
    if (!isFields(callback)) throw badArgument(name, 'an object', callback);
    const unknown = Object.keys(callback).find((key) => /^on[A-Z]/.test(key) && !hooks.includes(key as never));
    if (unknown !== undefined) throw badArgument(name, `only ${hooks.join(', ')}`, unknown, didYouMean(unknown, hooks));
    const given = hooks.filter((hook) => callback[hook] !== undefined);
    if (given.length === 0) throw badArgument(name, `an object with ${hooks.join(' or ')}`, callback);
    for (const hook of given) {
      if (typeof callback[hook] !== 'function') throw badArgument(`${hook} of ${name}`, 'a function', callback[hook]);
    }
  }
}
