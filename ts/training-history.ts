import { badArgument } from './errors.js';
import { fieldsOf } from './fields.js';
import type { Evaluation } from './inference/evaluation.js';

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

/** The checkpoints of a run and how it ended. It is frozen, and so is the list of its checkpoints. */
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

  /** What `JSON.stringify` writes. */
  toJSON(): object {
    const { stopReason, seconds, iterations, test, best, records } = this;
    return { stopReason, seconds, iterations, test, best, records };
  }
}

/** The loss that stop conditions and `best` look at: of the validation set, or of training where there is none. */
export function watchedLoss(record: CheckpointRecord): number {
  return record.lossValidation ?? record.lossTrain;
}
