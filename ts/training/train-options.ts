import type { CheckpointOptions } from '../checkpoints/checkpoint-options.js';
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
