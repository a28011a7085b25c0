import { badArgument } from '../errors.js';
import { badFile } from '../files.js';
import { given } from '../given.js';
import { HyperParameters } from '../hyper-parameters.js';
import type { ModelFile } from '../model-files/model-file.js';
import { iterationsBetween } from './course.js';
import type { RunState } from './run-state.js';

/** What a resumed run may have otherwise than before. */
export interface ResumeOptions {
  /** Epochs of the run in all, as many as before or more. Default: as before. */
  readonly maxEpoch?: number | undefined;
}

/**
 * The hyperparameters of a run with another number of epochs.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for fewer epochs than the run was to have
 */
export function paramsFor(saved: HyperParameters, { maxEpoch = saved.maxEpoch }: ResumeOptions): HyperParameters {
  if (maxEpoch === saved.maxEpoch) return saved;
  const params = new HyperParameters({ ...given(saved), netType: saved.netType, maxEpoch });
  if (maxEpoch < saved.maxEpoch) {
    throw badArgument('maxEpoch', `at least ${saved.maxEpoch}, as in the checkpoint,`, maxEpoch);
  }
  return params;
}

/**
 * A run's state, as a run with so many epochs from the start would have it at that place; the same one where those are no
 * more than its file says.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a run that more epochs would not have made longer, `ERR_BAD_FILE` for a
 *   state that it would not have been in
 */
export function lengthened(state: RunState, { maxEpoch, batchSize }: HyperParameters, file: ModelFile): RunState {
  const { stopReason, course, first, next, ...rest } = state;
  const before = file.description.params.maxEpoch;
  if (maxEpoch <= before || stopReason === undefined) return state;
  if (stopReason !== 'maxEpoch') {
    const what = `maxEpoch of a run that ${stopReason} has ended for good`;
    throw badArgument(what, `${before}, as in the checkpoint,`, maxEpoch);
  }
  const { rows, checkpoint } = course;
  const iterationsPerEpoch = Math.ceil(rows / (batchSize === -1 ? rows : Math.min(batchSize, rows)));
  if ((next - first) % iterationsBetween(checkpoint, iterationsPerEpoch) !== 0) {
    // Its loss counts for stop conditions and schedules, and the next one would come elsewhere.
    throw badFile(file.where, 'a checkpoint that a longer run makes, too,', 'one that only the end of the run made');
  }
  return { ...rest, course, first, next };
}
