import { badArgument } from '../errors.js';
import { requireEnding } from '../model-files/endings.js';

/** How training writes checkpoints to a file. */
export interface CheckpointOptions {
  /**
   * A safetensors file for the state of the run, renewed as training goes on and at its end. `NeuralNet.resume` goes on
   * from it, and `NeuralNet.load` reads it as a model. A file for each run: one that finds a checkpoint of another run,
   * written since it began, ends with `ERR_BAD_FILE`.
   */
  readonly checkpointFile?: string | undefined;
  /**
   * Epochs between files, fractions included; one is written at the first checkpoint after so many. By default at every
   * checkpoint, though not within a second of the previous one, or more where the disk is slow, so that training is not
   * held up; where this option is given, training waits for the disk.
   */
  readonly checkpointEvery?: number | undefined;
  /**
   * How many files are kept: `checkpointFile`, and older ones as `checkpointFile.1`, `.2` and so on. Default 2. A run
   * that is resumed with a smaller number removes the files of its own that are beyond that.
   */
  readonly keepCheckpoints?: number | undefined;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` */
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
