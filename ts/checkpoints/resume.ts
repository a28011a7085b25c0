import { BlasnetError } from '../core/errors.js';
import { badFile } from '../core/files.js';
import type { Preparation } from '../data/preparation/preparation.js';
import { jsonIn } from '../model-files/description.js';
import { ModelFile } from '../model-files/model-file.js';
import type { Model } from '../net/model.js';
import { Snapshot } from '../replay/snapshot.js';
import type { CheckpointRecord } from '../training-history.js';
import { candidatesFor } from './kept-files.js';
import { lengthened } from './longer-run.js';
import { type RunState, runStateIn } from './run-state.js';
import {
  bestName,
  historyName,
  keptName,
  lastName,
  metricsName,
  optimizerName,
  recordsIn,
  sharesOf,
  withMetrics,
} from './run-tensors.js';

/** A run that the next `train` continues. */
export interface PendingRun {
  readonly state: RunState;
  readonly records: readonly CheckpointRecord[];
  /** The weights at the checkpoint with the lowest loss. */
  readonly best: Snapshot;
  /** The weights that the run keeps for callbacks, in their order. */
  readonly kept: readonly Snapshot[];
  readonly preparation: Preparation | undefined;
}

/**
 * Opens the newest undamaged file of those that a run kept. Emits a warning if that is not the newest of all.
 * @param open - throws `ERR_BAD_FILE` for a file that cannot be used
 * @throws BlasnetError `ERR_BAD_FILE` with what is wrong with the newest file, if none can be used
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
 * Restores the state of training, besides the weights, in a net that was made from a checkpoint. If the net has a larger
 * maxEpoch than the checkpoint, restores the state that a run of so many epochs has at that iteration.
 * @throws BlasnetError `ERR_BAD_FILE` for a file without a whole state, `ERR_BAD_ARGUMENT` for more epochs in a run that a
 *   stop condition has ended
 */
export async function restoreRun(file: ModelFile, { stack, params, state: training }: Model): Promise<PendingRun> {
  const { where } = file;
  if (!file.metadata.has('training')) throw badFile(where, 'a checkpoint of training', 'a net alone');
  const saved = runStateIn(jsonIn(file.metadata, 'training', where), where);
  const state = lengthened(saved, params, file);
  const { layers, block } = stack;
  for (const [array, shares] of Object.entries(training.namedArrays(block))) {
    for (const [name, share] of sharesOf(layers, block, shares)) await file.read(optimizerName(array, name), share);
  }
  const copyFrom = async (nameOf: (parameter: string) => string) => {
    const snapshot = new Snapshot([block.theta, block.statistics]);
    const copies = {
      theta: snapshot.copyOf(block.theta) ?? block.theta,
      statistics: snapshot.copyOf(block.statistics),
    };
    for (const [name, share] of sharesOf(layers, block, copies)) await file.read(nameOf(name), share);
    return snapshot;
  };
  const best = state.isBest ? new Snapshot([block.theta, block.statistics]) : await copyFrom(bestName);
  const kept: Snapshot[] = [];
  const [firstName] = sharesOf(layers, block, block).keys();
  while (firstName !== undefined && file.has(keptName(kept.length, firstName))) {
    kept.push(await copyFrom((name) => keptName(kept.length, name)));
  }
  if (state !== saved && saved.isRestored) {
    // The net has weights of an earlier checkpoint, since the shorter run ended with them.
    for (const [name, share] of sharesOf(layers, block, block)) await file.read(lastName(name), share);
  }
  const records = await recordsOf(file, state);
  training.counts = state;
  for (const name of ['epochs', 'learningRate', 'baseRate'] as const) training.scalars.set(name, state[name]);
  training.plateau = { ...state.plateau };
  return { state, records, best, kept, preparation: file.description.preparation };
}

/** The records in a file, with their metrics. */
async function recordsOf(file: ModelFile, { fingerprint, metrics }: RunState): Promise<readonly CheckpointRecord[]> {
  const hasValidation = fingerprint.validationRows > 0;
  let name = historyName;
  let records = recordsIn(await file.readAny(name), hasValidation);
  for (const side of metrics ? (['metrics', ...(hasValidation ? ['validationMetrics'] : [])] as const) : []) {
    if (!records) break;
    name = metricsName(side as 'metrics');
    records = withMetrics(records, side as 'metrics', await file.readAny(name), metrics!);
  }
  if (records) return records;
  throw badFile(`'${name}' of ${file.where}`, 'a row of numbers for each checkpoint', 'another shape');
}
