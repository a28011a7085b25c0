import { badArgument } from '../../errors.js';
import type { DataReader, NetType, Tensor } from '../../index.js';
import type { TypeName } from './flags.js';

/** What a net for a data set is for, and how the labels are to be taken. */
export interface LabelKind {
  readonly netType: NetType;
  /** Why, for people; undefined where the user said so. */
  readonly reason?: string;
  /** Names of classes, in their order; undefined for labels that are numbers. */
  readonly names: readonly string[] | undefined;
  /** The first class number. */
  readonly base: number;
}

/** What the command line calls types of nets, and what the library does. */
export const netTypes: Readonly<Record<TypeName, NetType>> = {
  fitting: 'fitting',
  binary: 'binaryClassifier',
  multiple: 'multipleClassifier',
};

/**
 * Decides what the labels are.
 * @param wanted - what the user said
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a type that the labels do not permit
 */
export function labelKindOf(reader: DataReader, wanted: NetType | undefined): LabelKind {
  const names = labelNamesOf(reader);
  const labels = reader.numTest > 0 ? [reader.yTrainRaw, reader.yTestRaw] : [reader.yTrainRaw];
  if (names) {
    const fits = { fitting: false, binaryClassifier: names.length === 2, multipleClassifier: names.length > 1 };
    if (names.length < 2) throw badArgument('the label', 'at least two different names', `only '${names[0]}'`);
    if (wanted !== undefined && !fits[wanted]) {
      throw badArgument('the type', `a classifier for the ${names.length} names of the label`, wanted);
    }
    const netType = names.length === 2 ? 'binaryClassifier' : 'multipleClassifier';
    return { netType: wanted ?? netType, names, base: 0, ...reasonFor(wanted, `${names.length} names`) };
  }
  const guess = guessOf(labels);
  const netType = wanted ?? guess.netType;
  return { netType, names, base: netType === 'fitting' ? 0 : leastOf(labels), ...reasonFor(wanted, guess.reason) };
}

/** Makes of the labels what a net of that type needs. */
export function prepareLabels(reader: DataReader, { netType, base }: LabelKind, normalize: boolean): void {
  const isFitting = netType === 'fitting';
  // Several columns are probabilities, or answers to several questions, already.
  if (isFitting ? normalize : reader.yTrain.rowSize === 1) reader.normalizeY(netType, base);
}

/** The names of the label column: the only column of names that is no feature. */
function labelNamesOf({ categories, preparation }: DataReader): readonly string[] | undefined {
  const features = new Set(preparation.columns?.map(({ name }) => name));
  return Object.entries(categories).find(([name]) => !features.has(name))?.[1];
}

function guessOf(labels: readonly Tensor[]): { readonly netType: NetType; readonly reason: string } {
  const width = labels[0]!.rowSize;
  const all = (check: (value: number) => boolean) => labels.every(({ data }) => data.every(check));
  const areBits = all((value) => value === 0 || value === 1);
  if (areBits && width === 1 && !all((value) => value === 0) && !all((value) => value === 1)) {
    return { netType: 'binaryClassifier', reason: 'only 0 and 1' };
  }
  if (areBits && width > 1 && labels.every((rows) => rowsHaveOneOne(rows, width))) {
    return { netType: 'multipleClassifier', reason: 'a single 1 in each row' };
  }
  return { netType: 'fitting', reason: 'numbers' };
}

function rowsHaveOneOne({ data, rows }: Tensor, width: number): boolean {
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += data[row * width + i]!;
    if (sum !== 1) return false;
  }
  return true;
}

function leastOf(labels: readonly Tensor[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { data } of labels) for (const value of data) least = Math.min(least, value);
  return least;
}

const reasonFor = (wanted: NetType | undefined, reason: string) => (wanted === undefined ? { reason } : {});
