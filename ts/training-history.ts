import { badArgument } from './core/errors.js';
import { fieldsOf } from './core/fields.js';
import type { Evaluation } from './metrics/evaluation.js';
import type { MetricValues } from './metrics/metric.js';

/**
 * The figures of training at one checkpoint. Losses are means per row; accuracy is R² for numbers, and the share of right
 * answers for classes; of several outputs, that of the first one.
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
  /**
   * The metrics that were asked for, by name, over the training rows since the previous checkpoint; those of several
   * outputs, and their losses, as `output.metric`.
   */
  readonly metrics?: MetricValues;
  /** The same over the validation set. */
  readonly validationMetrics?: MetricValues;
  /** The learning rate of the newest step. */
  readonly learningRate: number;
}

/** The figure of checkpoints by which runs are judged. */
export interface Watch {
  readonly name: string;
  /** A number that is lower for a better checkpoint: the figure, or its negative where higher is better. */
  score(record: CheckpointRecord): number;
}

/** The loss, on the validation set, or in training where there is none. */
export const lossWatch: Watch = {
  name: 'loss',
  score: ({ lossValidation, lossTrain }) => lossValidation ?? lossTrain,
};

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
  /** The metrics that were asked for, over the same rows; without those that need all rows at once, such as rocAuc. */
  readonly metrics?: MetricValues | undefined;
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
  /**
   * The checkpoint with the lowest validation loss; without a validation set, with the lowest training loss. Where the
   * hyperparameter `monitor` names a metric, the one with the best value of it.
   */
  readonly best: CheckpointRecord;
  readonly stopReason: StopReason;
  readonly seconds: number;
  readonly iterations: number;
  readonly test?: Evaluation;

  /**
   * @param watch - for the library's own use: the figure by which the best checkpoint is found
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but a list of at least one checkpoint, and how the run ended
   */
  constructor(records: readonly CheckpointRecord[], end: RunEnd, watch: Watch = lossWatch) {
    const { stopReason, seconds, iterations, test } = fieldsOf('end', end);
    if (!Array.isArray(records) || records.length === 0) {
      throw badArgument('records', 'at least one checkpoint', records);
    }
    for (const [i, record] of records.entries()) fieldsOf(`record ${i}`, record);
    this.records = Object.freeze([...records]);
    this.best = records.reduce((best, record) => (isBetter(watch.score(record), watch.score(best)) ? record : best));
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

/** Whether a score is lower than another one. NaN is lower than nothing, and every number is lower than NaN. */
function isBetter(score: number, than: number): boolean {
  return score < than || (Number.isNaN(than) && !Number.isNaN(score));
}

/** Returns the loss that stop conditions use: that of the validation set, or of training without one. */
export const watchedLoss = lossWatch.score;
