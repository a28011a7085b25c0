// @internal

/** How often a class was found rightly, found, and there. */
export interface ClassCounts {
  readonly right: number;
  readonly found: number;
  readonly there: number;
}

/** A quotient of counts; 0 where nothing is divided by nothing. */
export const quotient = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * One figure of the counts of all classes, as scikit-learn's.
 * @param counts - rows of right, found, there
 * @param isByOutput - whether each class is a yes or no of its own: then all count in 'macro'. Otherwise classes that
 *   are neither found nor there do not.
 */
export function averageOf(
  figure: (counts: ClassCounts) => number,
  counts: Float64Array,
  average: 'macro' | 'micro' | 'weighted',
  isByOutput: boolean,
): number {
  const classes = Array.from({ length: counts.length / 3 }, (_, i) => {
    const [right, found, there] = counts.subarray(3 * i, 3 * i + 3);
    return { right: right!, found: found!, there: there! };
  });
  const total = (of: (one: ClassCounts) => number) => classes.reduce((sum, one) => sum + of(one), 0);
  if (average === 'micro') {
    const all = {
      right: total((one) => one.right),
      found: total((one) => one.found),
      there: total((one) => one.there),
    };
    return figure(all);
  }
  if (average === 'weighted') {
    return quotient(
      total((one) => one.there * figure(one)),
      total((one) => one.there),
    );
  }
  const counted = isByOutput ? classes : classes.filter(({ found, there }) => found + there > 0);
  return quotient(
    counted.reduce((sum, one) => sum + figure(one), 0),
    counted.length,
  );
}

/** The mean of the numbers that are defined; NaN where none is. */
export function meanOfDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
