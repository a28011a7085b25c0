import { isDeepStrictEqual } from 'node:util';
import type { DataReader } from '../data/data-reader.js';
import { badArgument } from '../errors.js';
import type { Preparation } from '../preparation/preparation.js';
import { Preparer } from '../preparation/preparer.js';

/** Properties of the data and options that, with the net and its hyperparameters, decide a run's course; plain JSON. */
export interface Course {
  readonly rows: number;
  readonly xShape: readonly number[];
  readonly yShape: readonly number[];
  readonly validationRows: number;
  /** Epochs between checkpoints. */
  readonly checkpoint: number;
  readonly shuffle: boolean;
  /** The random changes of images; null if there are none. */
  readonly augment: object | null;
  readonly classWeights: readonly number[] | null;
}

/** Their names in error messages. */
const names: Readonly<Record<keyof Course, string>> = {
  rows: "the training set's rows",
  xShape: "the training set's x, in shape of a row",
  yShape: "the training set's y, in shape of a row",
  validationRows: "the validation set's rows",
  checkpoint: 'checkpoint',
  shuffle: 'shuffle',
  augment: 'augment',
  classWeights: 'class weights',
};

/** Describes the course of a run on a reader's data. */
export function courseOf(reader: DataReader, { checkpoint, shuffle }: Pick<Course, 'checkpoint' | 'shuffle'>): Course {
  const { trainingStream: stream, classWeights, validationPart } = reader;
  const part = stream ? undefined : reader.trainingPart;
  return {
    rows: stream?.count ?? part!.x.count,
    xShape: stream?.xShape ?? part!.x.rowShape,
    yShape: stream?.yShape ?? part!.y.rowShape,
    validationRows: validationPart?.x.count ?? 0,
    checkpoint,
    shuffle,
    augment: part?.x.image?.augment ?? null,
    classWeights: classWeights ? [...classWeights] : null,
  };
}

/**
 * Counts the iterations from one checkpoint to the next.
 * @param epochs - between checkpoints
 */
export function iterationsBetween(epochs: number, iterationsPerEpoch: number): number {
  // 0.07 × 100 is a hair above 7 in binary, and still means 7.
  return Math.max(1, Math.ceil(epochs * iterationsPerEpoch - 1e-9));
}

/**
 * Refuses data or options other than those of a checkpoint.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the difference
 */
export function requireSameCourse(
  saved: { readonly course: Course; readonly preparation: Preparation | undefined },
  present: Course,
  reader: DataReader,
): void {
  for (const key of Object.keys(names) as (keyof Course)[]) {
    const [expected, received] = [JSON.stringify(saved.course[key]), JSON.stringify(present[key])];
    if (expected !== received)
      throw badArgument(names[key], `${expected}, as in the checkpoint,`, JSON.parse(received));
  }
  const { preparation } = new Preparer(reader.preparation);
  if (!isDeepStrictEqual(preparation, saved.preparation)) {
    throw badArgument(
      "the reader's preparation (normalisation, classes, columns)",
      'that of the checkpoint',
      'another',
    );
  }
}
