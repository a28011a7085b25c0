import { isDeepStrictEqual } from 'node:util';
import { mapNamed } from '../data/by-name.js';
import type { DataReader } from '../data/data-reader.js';
import { countOf, type NamedRows } from '../data/part.js';
import { badArgument } from '../errors.js';
import { checkedPreparation } from '../preparation/check-preparation.js';
import type { Preparation } from '../preparation/preparation.js';

/** Properties of the data and options that, with the net and its hyperparameters, decide a run's course; plain JSON. */
export interface Course {
  readonly rows: number;
  /** Shapes of rows; those of several inputs or targets by name. */
  readonly xShape: readonly number[] | Readonly<Record<string, readonly number[]>>;
  readonly yShape: readonly number[] | Readonly<Record<string, readonly number[]>>;
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
  const { inputs, targets } = reader.trainingLike;
  return {
    rows: stream?.count ?? countOf(reader.trainingPart),
    xShape: shapesOf(inputs),
    yShape: shapesOf(targets),
    validationRows: validationPart ? countOf(validationPart) : 0,
    checkpoint,
    shuffle,
    augment: inputs['']?.image?.augment ?? null,
    classWeights: classWeights ? [...classWeights] : null,
  };
}

function shapesOf(rows: NamedRows): Course['xShape'] {
  return rows['']?.rowShape ?? mapNamed(rows, ({ rowShape }) => rowShape);
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
  const preparation = checkedPreparation(reader.preparation);
  if (!isDeepStrictEqual(preparation, saved.preparation)) {
    throw badArgument(
      "the reader's preparation (normalisation, classes, columns)",
      'that of the checkpoint',
      'another',
    );
  }
}
