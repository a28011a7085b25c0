import { badArgument } from '../../core/errors.js';
import { byName } from '../../data/preparation/preparation.js';
import type { DataReader, NetType, ScalingOptions, Tensor } from '../../index.js';

/** The task that follows from the labels of a data set. */
export interface LabelKind {
  readonly netType: NetType;
  /** A description of the labels, from which the type follows; undefined where the user gave the type. */
  readonly reason?: string;
  /** Names of classes, in their order; undefined for labels that are numbers. */
  readonly names: readonly string[] | undefined;
  /** The first class number. */
  readonly base: number;
}

/**
 * Decides the type of net by the labels.
 * @param wanted - the type that the user gave
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a type that the labels do not permit
 */
export function labelKindOf(reader: DataReader, wanted: NetType | undefined): LabelKind {
  const names = labelNamesOf(reader);
  const labels = reader.numTest > 0 ? [reader.yTrainRaw, reader.yTestRaw] : [reader.yTrainRaw];
  if (names) {
    const fits = { fitting: false, binaryClassifier: names.length === 2, multipleClassifier: names.length > 1 };
    if (names.length < 2) throw badArgument('the label', 'at least two different names', `only '${names[0]}'`);
    if (wanted !== undefined && !fits[wanted]) {
      const expected = names.length === 2 ? 'binaryClassifier or multipleClassifier' : 'multipleClassifier';
      throw badArgument('the type', `${expected}, since the label has ${names.length} names,`, wanted);
    }
    const netType = names.length === 2 ? 'binaryClassifier' : 'multipleClassifier';
    return { netType: wanted ?? netType, names, base: 0, ...reasonFor(wanted, `${names.length} names`) };
  }
  const guess = guessOf(labels);
  const netType = wanted ?? guess.netType;
  return { netType, names, base: netType === 'fitting' ? 0 : leastOf(labels), ...reasonFor(wanted, guess.reason) };
}

/**
 * Encodes the labels for a net of that type.
 * @param scaling - for fitting; undefined: labels stay as they are
 */
export function prepareLabels(
  reader: DataReader,
  { netType, base }: LabelKind,
  scaling: ScalingOptions | undefined,
): void {
  // Several columns are probabilities, or answers to several questions, already.
  if (netType !== 'fitting' && reader.yTrain.rowSize === 1) reader.normalizeY(netType, base);
  if (netType === 'fitting' && scaling) reader.normalizeY(netType, base, scaling);
}

/** Returns the names of the label column: the only column of names that is no feature. */
function labelNamesOf({ categories, preparation }: DataReader): readonly string[] | undefined {
  const { inputs } = byName(preparation);
  const features = new Set(Object.values(inputs).flatMap(({ columns = [] }) => columns.map(({ name }) => name)));
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
