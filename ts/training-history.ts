import { badArgument } from './errors.js';
import { fieldsOf } from './fields.js';
import type { Evaluation } from './inference/evaluation.js';

/**
 * The figures of training at one checkpoint. Losses are means per row; accuracy is R² for `fitting`, and the share of rows
 * with the right class for classifiers.
 */
export interface CheckpointRecord {
  /** Epochs finished, fractions included: 0.05 is a twentieth of the first one. */
  readonly epoch: number;
  /** Iterations (batches) finished since the first `train` of the net. */
  readonly iteration: number;
  /** Mean loss over the training rows since the previous checkpoint, each measured just before its step. */
  readonly lossTrain: number;
  /** Accuracy over the same rows. */
  readonly accuracyTrain: number;
  /** Mean loss over the validation set; absent where the reader has none. */
  readonly lossValidation?: number;
  readonly accuracyValidation?: number;
  /** The learning rate of the newest step. */
  readonly learningRate: number;
}

/** The progress of a run; reported at most ten times a second. */
export interface TrainingProgress {
  /** The epoch that is running, from 1. */
  readonly epoch: number;
  readonly maxEpoch: number;
  /** Iterations finished in this run. */
  readonly iteration: number;
  /** Iterations of the run if it goes on to `maxEpoch`. */
  readonly totalIterations: number;
  readonly iterationsPerEpoch: number;
  /** Mean loss and accuracy over the training rows since the last checkpoint. */
  readonly loss: number;
  readonly accuracy: number;
  /** The last checkpoint, once there is one. */
  readonly checkpoint?: CheckpointRecord;
  readonly samplesPerSecond: number;
  /** Seconds until `maxEpoch` at the pace so far. */
  readonly secondsLeft: number;
}

/** Why a run ended: by its number of epochs, by a stop rule or early stopping, or by another callback. */
export type StopReason = 'maxEpoch' | 'stopLoss' | 'stopDiff' | 'earlyStop' | 'callback';

/** How a run ended. */
export interface RunEnd {
  readonly stopReason: StopReason;
  /** Wall time of the run, in seconds. */
  readonly seconds: number;
  /** Iterations that the run made. */
  readonly iterations: number;
  /** Loss and accuracy on the test set, if `needTest` asked for them. */
  readonly test?: Evaluation | undefined;
}

/** The checkpoints of a run, and how it ended. The history and its list of checkpoints are frozen. */
export class TrainingHistory implements RunEnd {
  /** All checkpoints in order, at least one. */
  readonly records: readonly CheckpointRecord[];
  /** The checkpoint with the lowest validation loss; without a validation set, with the lowest training loss. */
  readonly best: CheckpointRecord;
  readonly stopReason: StopReason;
  readonly seconds: number;
  readonly iterations: number;
  readonly test?: Evaluation;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but a list of at least one checkpoint, and how the run ended */
  constructor(records: readonly CheckpointRecord[], end: RunEnd) {
    const { stopReason, seconds, iterations, test } = fieldsOf('end', end);
    if (!Array.isArray(records) || records.length === 0) {
      throw badArgument('records', 'at least one checkpoint', records);
    }
    for (const [i, record] of records.entries()) fieldsOf(`record ${i}`, record);
    this.records = Object.freeze([...records]);
    this.best = records.reduce((best, record) => (watchedLoss(record) < watchedLoss(best) ? record : best));
    this.stopReason = stopReason;
    this.seconds = seconds;
    this.iterations = iterations;
    if (test) this.test = test;
    Object.freeze(this);
  }

  /** Returns the fields that `JSON.stringify` writes. */
  toJSON(): object {
    const { stopReason, seconds, iterations, test, best, records } = this;
    return { stopReason, seconds, iterations, test, best, records };
  }
}

/** Returns the loss that stop conditions and `best` use: that of the validation set, or of training without one. */
export function watchedLoss(record: CheckpointRecord): number {
  return record.lossValidation ?? record.lossTrain;
}
