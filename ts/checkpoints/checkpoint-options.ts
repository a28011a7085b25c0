import { badArgument } from '../core/errors.js';
import { requireEnding } from '../core/file-endings.js';

/** Options of training for the checkpoints that it writes to a file. */
export interface CheckpointOptions {
  /**
   * A safetensors file for the state of the run. Training replaces it as it goes on, and at its end. `NeuralNet.resume`
   * continues the run from it; `NeuralNet.load` reads it as a model. Each run needs a file of its own: a run that finds a
   * checkpoint of another run there, written since it began, rejects with `ERR_BAD_FILE`.
   */
  readonly checkpointFile?: string | undefined;
  /**
   * Epochs from one file to the next, fractions included; a file is written at the first checkpoint after that. Training
   * waits for the disk. By default a file is written at every checkpoint, but at most one a second, or fewer if the disk
   * is slow, and training does not wait for the disk.
   */
  readonly checkpointEvery?: number | undefined;
  /**
   * The number of files to keep: `checkpointFile`, and older ones as `checkpointFile.1`, `.2` and so on. Default 2. A run
   * that is resumed with a smaller number removes those of its own files that are too many.
   */
  readonly keepCheckpoints?: number | undefined;
}

/** Refuses options of a wrong type or out of range by `ERR_BAD_ARGUMENT`. */
export function checkCheckpointOptions(options: CheckpointOptions): void {
  const { checkpointFile, checkpointEvery, keepCheckpoints } = options;
  if (checkpointFile === undefined) {
    const [name] = Object.entries({ checkpointEvery, keepCheckpoints }).find(([, value]) => value !== undefined) ?? [];
    if (name !== undefined) throw badArgument(name, 'a checkpointFile beside it', 'none');
    return;
  }
  if (typeof checkpointFile !== 'string' || checkpointFile === '') {
    throw badArgument('checkpointFile', 'the name of a file', checkpointFile);
  }
  requireEnding('checkpointFile', checkpointFile, '.safetensors');
  if (checkpointEvery !== undefined && !(Number.isFinite(checkpointEvery) && checkpointEvery > 0)) {
    throw badArgument('checkpointEvery', 'a finite number of epochs above 0', checkpointEvery);
  }
  if (keepCheckpoints !== undefined && !(Number.isSafeInteger(keepCheckpoints) && keepCheckpoints > 0)) {
    throw badArgument('keepCheckpoints', 'a whole number above 0', keepCheckpoints);
  }
}
