/** Names that other libraries use for the same things; suggested only where our name is among those that are valid. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  epochs: ['maxEpoch'],
  lr: ['learningRate'],
  eta: ['learningRate'],
  scheduler: ['learningRateSchedule'],
  glorot: ['xavier'],
  glorotuniform: ['xavier'],
  he: ['msra'],
  henormal: ['msra'],
  kaiming: ['msra'],
  swish: ['silu'],
  linear: ['identity'],
  none: ['identity', 'nothing'],
  regression: ['fitting'],
  classification: ['multipleClassifier'],
  classifier: ['multipleClassifier'],
  binary: ['binaryClassifier'],
  multiclass: ['multipleClassifier'],
  mse: ['meanSquaredError'],
  mae: ['meanAbsoluteError'],
  rmse: ['rootMeanSquaredError'],
  mape: ['meanAbsolutePercentageError'],
  smoothl1: ['huber'],
  bce: ['binaryCrossEntropy'],
  categoricalcrossentropy: ['crossEntropy'],
  sparsecategoricalcrossentropy: ['sparseCrossEntropy'],
  kldiv: ['klDivergence'],
  auc: ['rocAuc'],
  averageprecision: ['prAuc'],
};

/**
 * Suggests the valid name that was probably meant: the same letters in another case or with other separators, a few
 * letters different, or the name that another library uses.
 * @returns "did you mean 'adam'?", for the end of a message; undefined where no name is close
 */
export function didYouMean(received: unknown, known: Iterable<string>): string | undefined {
  if (typeof received !== 'string' || received.length > 60) return undefined;
  const names = [...known];
  const wanted = plain(received);
  if (wanted === '') return undefined;
  const other = Object.hasOwn(otherNames, wanted)
    ? otherNames[wanted]!.find((name) => names.includes(name))
    : undefined;
  const nearest = names
    .map((name) => ({ name, distance: distanceOf(wanted, plain(name)) }))
    .reduce<{ name?: string; distance: number }>((best, next) => (next.distance < best.distance ? next : best), {
      distance: Number.POSITIVE_INFINITY,
    });
  const isClose = nearest.distance <= Math.floor(wanted.length / 3);
  const name = nearest.distance === 0 ? nearest.name : (other ?? (isClose ? nearest.name : undefined));
  return name === undefined ? undefined : `did you mean '${name}'?`;
}

/** Lower case, letters and digits only: `leaky_relu` and `LeakyReLU` are the same. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Edits that turn one word into another: letters added, left out, replaced, or two neighbours swapped. */
function distanceOf(from: string, to: string): number {
  let [twoBefore, before]: number[][] = [[], Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let edits = Math.min(before![j]! + 1, row[j - 1]! + 1, before![j - 1]! + (isSame ? 0 : 1));
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) edits = Math.min(edits, twoBefore![j - 2]! + 1);
      row.push(edits);
    }
    [twoBefore, before] = [before, row];
  }
  return before![to.length]!;
}
