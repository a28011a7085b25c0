/**
 * What training looked like at one checkpoint. Losses are means per row; accuracy is R² for `fitting`, the share of rows
 * whose class is right for classifiers.
 */
export interface CheckpointRecord {
  /** Epochs finished, fractions included: 0.05 is a twentieth of the first one. */
  readonly epoch: number;
  /** Iterations (batches) finished since the first `train` of the net. */
  readonly iteration: number;
  /** Mean loss over the training rows seen since the previous checkpoint, as the net was when it saw them. */
  readonly lossTrain: number;
  /** Accuracy over the same rows. */
  readonly accuracyTrain: number;
  /** Mean loss over the validation set; absent where the reader has none. */
  readonly lossValidation?: number;
  readonly accuracyValidation?: number;
  /** Of the newest step. */
  readonly learningRate: number;
}

/** How far a run has come; at most ten of these a second. */
export interface TrainingProgress {
  /** The epoch that is running, from 1. */
  readonly epoch: number;
  readonly maxEpoch: number;
  /** Iterations finished in this run, and how many it has at the most. */
  readonly iteration: number;
  readonly totalIterations: number;
  readonly iterationsPerEpoch: number;
  /** Mean loss and accuracy over the training rows since the last checkpoint. */
  readonly loss: number;
  readonly accuracy: number;
  /** The last checkpoint, once there is one. */
  readonly checkpoint?: CheckpointRecord;
  readonly samplesPerSecond: number;
  /** Until `maxEpoch` at the pace so far. */
  readonly secondsLeft: number;
}

export type StopReason = 'maxEpoch' | 'stopLoss' | 'stopDiff' | 'earlyStop';

/** The checkpoints of a run and how it ended. */
export class TrainingHistory {
  readonly #records: CheckpointRecord[];
  stopReason: StopReason = 'maxEpoch';
  /** Wall time of the run, in seconds. */
  seconds = 0;
  /** Iterations that the run made. */
  iterations = 0;
  /** Loss and accuracy on the test set, if `needTest` asked for them. */
  test?: { readonly loss: number; readonly accuracy: number };

  constructor(records: readonly CheckpointRecord[] = []) {
    this.#records = [...records];
  }

  /** All checkpoints in order. */
  get records(): readonly CheckpointRecord[] {
    return this.#records;
  }

  /** The checkpoint with the lowest validation loss; without a validation set, with the lowest training loss. */
  get best(): CheckpointRecord | undefined {
    return this.#records.reduce<CheckpointRecord | undefined>(
      (best, record) => (best === undefined || watchedLoss(record) < watchedLoss(best) ? record : best),
      undefined,
    );
  }

  add(record: CheckpointRecord): void {
    this.#records.push(record);
  }

  /** What `JSON.stringify` writes. */
  toJSON(): object {
    const { records, stopReason, seconds, iterations, test } = this;
    return { stopReason, seconds, iterations, test, best: this.best, records };
  }
}

/** The loss that stop conditions and `best` look at: of the validation set, or of training where there is none. */
export function watchedLoss(record: CheckpointRecord): number {
  return record.lossValidation ?? record.lossTrain;
}
