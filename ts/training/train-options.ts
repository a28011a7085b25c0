import type { CheckpointOptions } from '../checkpoints/checkpoint-options.js';
import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';
import type { CheckpointRecord, TrainingProgress } from '../training-history.js';

export interface TrainOptions extends CheckpointOptions {
  /**
   * Epochs between checkpoints, fractions included: 0.05 is twenty checkpoints an epoch. Default 1, or as before where a
   * run is resumed.
   */
  readonly checkpoint?: number | undefined;
  /** Measure loss and accuracy on the test set at the end. */
  readonly needTest?: boolean | undefined;
  /** A new order of rows each epoch; default true, or as before where a run is resumed. */
  readonly shuffle?: boolean | undefined;
  /** Show a progress bar on the terminal, or lines where there is none. */
  readonly progress?: boolean | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /**
   * Is told of each checkpoint. Training waits for the promise that it returns, if any; what it throws, or rejects with,
   * ends the run. The net is busy meanwhile: it neither predicts nor is saved within it.
   */
  readonly onCheckpoint?: ((record: CheckpointRecord) => unknown) | undefined;
  /** Ends the run within one step; `train` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for what are no options, an unknown one (how long to train says the net), or what is no signal or
 * listener
 */
export function checkTrainOptions(options: TrainOptions): void {
  checkOptions(options, [
    ...(['checkpoint', 'needTest', 'shuffle', 'progress', 'onProgress', 'onCheckpoint', 'signal'] as const),
    ...(['checkpointFile', 'checkpointEvery', 'keepCheckpoints'] as const),
  ]);
  const { signal, onProgress, onCheckpoint } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw badArgument('signal', 'an AbortSignal', signal);
  for (const [name, listener] of Object.entries({ onProgress, onCheckpoint })) {
    if (listener !== undefined && typeof listener !== 'function') throw badArgument(name, 'a function', listener);
  }
}
