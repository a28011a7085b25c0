import { BlasnetError } from '../errors.js';
import { badFile } from '../files.js';
import type { Model } from '../model.js';
import { jsonIn } from '../model-files/description.js';
import { ModelFile } from '../model-files/model-file.js';
import type { Preparation } from '../preparation/preparation.js';
import { Snapshot } from '../training/snapshot.js';
import type { CheckpointRecord } from '../training-history.js';
import { candidatesFor } from './kept-files.js';
import { type RunState, runStateIn } from './run-state.js';
import { bestName, historyName, optimizerName, recordsIn, sharesOf } from './run-tensors.js';

/** A run that goes on with the next `train`. */
export interface PendingRun {
  readonly state: RunState;
  readonly records: readonly CheckpointRecord[];
  /** The weights at the checkpoint with the lowest loss. */
  readonly best: Snapshot;
  readonly preparation: Preparation | undefined;
}

/**
 * Opens the newest whole file of those that a run kept, with a warning where that is not the newest of all.
 * @param open - throws `ERR_BAD_FILE` for a file that will not do
 * @throws BlasnetError `ERR_BAD_FILE` for the newest file where none will do
 */
export async function newestOf<Result>(path: string, open: (file: ModelFile) => Promise<Result>): Promise<Result> {
  let failure: BlasnetError | undefined;
  for (const candidate of await candidatesFor(path)) {
    try {
      const result = await ModelFile.with(candidate, open);
      if (failure) process.emitWarning(`${failure.message}; going on from '${candidate}'`, 'BlasnetWarning');
      return result;
    } catch (error) {
      if (!(error instanceof BlasnetError) || error.code !== 'ERR_BAD_FILE') throw error;
      failure ??= error;
    }
  }
  throw failure!;
}

/**
 * Gives a net that was made from a checkpoint what training carries along besides the weights.
 * @throws BlasnetError `ERR_BAD_FILE` for a file without all of it
 */
export async function restoreRun(file: ModelFile, { stack, state: training }: Model): Promise<PendingRun> {
  const { where } = file;
  if (!file.metadata.has('training')) throw badFile(where, 'a checkpoint of training', 'a net alone');
  const state = runStateIn(jsonIn(file.metadata, 'training', where), where);
  const { layers, block } = stack;
  training.target(block); // makes the optimizer's arrays
  for (const [array, theta] of Object.entries(training.namedArrays)) {
    for (const [name, share] of sharesOf(layers, block, { theta })) await file.read(optimizerName(array, name), share);
  }
  const best = new Snapshot([block.theta, block.statistics]);
  if (!state.isBest) {
    const copies = { theta: best.copyOf(block.theta) ?? block.theta, statistics: best.copyOf(block.statistics) };
    for (const [name, share] of sharesOf(layers, block, copies)) await file.read(bestName(name), share);
  }
  const records = recordsIn(await file.readAny(historyName), state.course.validationRows > 0);
  if (!records) throw badFile(`'${historyName}' of ${where}`, 'a row of numbers for each checkpoint', 'another shape');
  for (const name of ['step', 'epochs', 'learningRate', 'baseRate'] as const) training.slots.set(name, state[name]);
  training.plateau = { ...state.plateau };
  return { state, records, best, preparation: file.description.preparation };
}
