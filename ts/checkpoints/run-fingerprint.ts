import { isDeepStrictEqual } from 'node:util';
import { crc32 } from '../core/crc32.js';
import { badArgument } from '../core/errors.js';
import { mapNamed } from '../data/by-name.js';
import type { DataReader } from '../data/data-reader.js';
import { countOf, type NamedRows } from '../data/part.js';
import { checkedPreparation } from '../data/preparation/check-preparation.js';
import type { Preparation } from '../data/preparation/preparation.js';
import type { Tensor } from '../tensor/tensor.js';

/** Properties of the data and options that, with the net and its hyperparameters, decide how a run goes; plain JSON. */
export interface RunFingerprint {
  readonly rows: number;
  /** Shapes of rows; those of several inputs or targets by name. */
  readonly xShape: readonly number[] | Readonly<Record<string, readonly number[]>>;
  readonly yShape: readonly number[] | Readonly<Record<string, readonly number[]>>;
  readonly validationRows: number;
  /** Epochs between checkpoints. */
  readonly checkpoint: number;
  readonly shuffle: boolean | 'byLength';
  /** The random changes of images; null if there are none. */
  readonly augment: object | null;
  /** Of the only target, or of several by name. */
  readonly classWeights: readonly number[] | Readonly<Record<string, readonly number[] | null>> | null;
  /** A checksum of the weights of rows; absent where all weigh 1. */
  readonly sampleWeights?: number;
  /** The pieces of each batch; absent for 1. */
  readonly shards?: number;
}

/** Their names in error messages. */
const names: Readonly<Record<keyof RunFingerprint, string>> = {
  rows: "the training set's rows",
  xShape: "the training set's x, in shape of a row",
  yShape: "the training set's y, in shape of a row",
  validationRows: "the validation set's rows",
  checkpoint: 'checkpoint',
  shuffle: 'shuffle',
  augment: 'augment',
  classWeights: 'class weights',
  sampleWeights: 'the checksum of sampleWeight',
  shards: 'shards',
};

/** The options of `train` that decide a run's fingerprint. */
interface CourseOptions extends Pick<RunFingerprint, 'checkpoint' | 'shuffle'> {
  readonly sampleWeight?: Tensor | undefined;
  readonly shards?: number | undefined;
}

/** Returns the fingerprint of a run on a reader's data. */
export function fingerprintOf(
  reader: DataReader,
  { checkpoint, shuffle, sampleWeight, shards = 1 }: CourseOptions,
): RunFingerprint {
  const { trainingStream: stream, validationPart } = reader;
  const { inputs, targets } = reader.trainingLike;
  return {
    rows: stream?.count ?? countOf(reader.trainingPart),
    xShape: shapesOf(inputs),
    yShape: shapesOf(targets),
    validationRows: validationPart ? countOf(validationPart) : 0,
    checkpoint,
    shuffle,
    augment: inputs['']?.image?.augment ?? null,
    classWeights: classWeightsIn(reader),
    ...(sampleWeight && { sampleWeights: checksumOf(sampleWeight) }),
    ...(shards > 1 && { shards }),
  };
}

function classWeightsIn({ namedClassWeights }: DataReader): RunFingerprint['classWeights'] {
  const lists = mapNamed(namedClassWeights, (weights) => (weights ? [...weights] : null));
  const all = Object.values(lists);
  if (all.every((weights) => weights === null)) return null;
  return all.length === 1 ? all[0]! : lists;
}

function checksumOf({ data }: Tensor): number {
  return crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function shapesOf(rows: NamedRows): RunFingerprint['xShape'] {
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
export function requireSameFingerprint(
  saved: { readonly fingerprint: RunFingerprint; readonly preparation: Preparation | undefined },
  present: RunFingerprint,
  reader: DataReader,
): void {
  for (const key of Object.keys(names) as (keyof RunFingerprint)[]) {
    const [expected, received] = [saved.fingerprint, present].map((fingerprint) =>
      JSON.stringify(fingerprint[key] ?? null),
    );
    if (expected !== received) {
      throw badArgument(names[key], `${expected}, as in the checkpoint,`, JSON.parse(received!));
    }
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
