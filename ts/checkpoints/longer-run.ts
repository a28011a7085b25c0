import { badArgument } from '../core/errors.js';
import { badFile } from '../core/files.js';
import { definedFields } from '../core/objects.js';
import { HyperParameters } from '../hyper-parameters.js';
import type { ModelFile } from '../model-files/model-file.js';
import { iterationsBetween } from './run-fingerprint.js';
import type { RunState } from './run-state.js';

/** Options of `NeuralNet.resume`. */
export interface ResumeOptions {
  /** Epochs of the whole run, at least as many as before. Default: as before. */
  readonly maxEpoch?: number | undefined;
}

/**
 * Makes the hyperparameters of a run with another number of epochs.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for fewer epochs than before
 */
export function paramsFor(saved: HyperParameters, { maxEpoch = saved.maxEpoch }: ResumeOptions): HyperParameters {
  if (maxEpoch === saved.maxEpoch) return saved;
  const params = new HyperParameters({ ...definedFields(saved), netType: saved.netType, maxEpoch });
  if (maxEpoch < saved.maxEpoch) {
    throw badArgument('maxEpoch', `at least ${saved.maxEpoch}, as in the checkpoint,`, maxEpoch);
  }
  return params;
}

/**
 * Turns a run's state into that of a run which had `maxEpoch` epochs from the start, at the same iteration. Returns the
 * same state unless there are more epochs than in its file.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a run that a stop condition has ended, `ERR_BAD_FILE` for a checkpoint that
 *   the longer run would not have made
 */
export function lengthened(state: RunState, { maxEpoch, batchSize }: HyperParameters, file: ModelFile): RunState {
  const { stopReason, isRestored: _, fingerprint, first, next, ...rest } = state;
  const before = file.description.params.maxEpoch;
  if (maxEpoch <= before || stopReason === undefined) return state;
  if (stopReason !== 'maxEpoch') {
    const what = `maxEpoch of a run that ${stopReason} has ended for good`;
    throw badArgument(what, `${before}, as in the checkpoint,`, maxEpoch);
  }
  const { rows, checkpoint } = fingerprint;
  const iterationsPerEpoch = Math.ceil(rows / (batchSize === -1 ? rows : Math.min(batchSize, rows)));
  if ((next - first) % iterationsBetween(checkpoint, iterationsPerEpoch) !== 0) {
    // Its loss counts for stop conditions and schedules, and the next one would come elsewhere.
    throw badFile(file.where, 'a checkpoint that a longer run makes, too,', 'one that only the end of the run made');
  }
  return { ...rest, fingerprint, first, next };
}
