import type { CheckpointOptions } from '../checkpoints/checkpoint-options.js';
import { checkOptions } from '../fields.js';
import type { CheckpointRecord, TrainingProgress } from '../training-history.js';

export interface TrainOptions extends CheckpointOptions {
  /**
   * Epochs between checkpoints, fractions included: 0.05 is twenty checkpoints an epoch. Default 1, or as before where a
   * run is resumed.
   */
  readonly checkpoint?: number;
  /** Measure loss and accuracy on the test set at the end. */
  readonly needTest?: boolean;
  /** A new order of rows each epoch; default true, or as before where a run is resumed. */
  readonly shuffle?: boolean;
  /** Show a progress bar on the terminal, or lines where there is none. */
  readonly progress?: boolean;
  readonly onProgress?: (progress: TrainingProgress) => void;
  readonly onCheckpoint?: (record: CheckpointRecord) => void;
  /** Ends the run within one step; `train` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for what are no options, or an unknown one: how long to train says the net */
export function checkTrainOptions(options: TrainOptions): void {
  checkOptions(options, [
    ...(['checkpoint', 'needTest', 'shuffle', 'progress', 'onProgress', 'onCheckpoint', 'signal'] as const),
    ...(['checkpointFile', 'checkpointEvery', 'keepCheckpoints'] as const),
  ]);
}
