/** What is left of a list of timings. Interference only ever adds, hence the least one beside the median. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
}

/**
 * The value below or at which a share of all values lies, by nearest rank: always one of them.
 * @param share - within 0 and 1
 * @throws RangeError where there are no values
 */
export function quantile(values: readonly number[] | Float64Array, share: number): number {
  if (values.length === 0) throw new RangeError('Expected at least one value but received none');
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[] | Float64Array): number {
  if (values.length === 0) throw new RangeError('Expected at least one value but received none');
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export function summarize(values: readonly number[] | Float64Array): Summary {
  return { count: values.length, min: quantile(values, 0), median: median(values), p99: quantile(values, 0.99) };
}

/** max |a − b|; infinite where a difference is not a number or the lengths differ. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}

/** ‖a − b‖ / ‖b − start‖: how far a is from b, in terms of how far b has come from where both began. */
export function relativeDistance(a: Float32Array, b: Float32Array, start: Float32Array): number {
  if (a.length !== b.length || b.length !== start.length) return Number.POSITIVE_INFINITY;
  let [apart, moved] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    apart += (a[i]! - b[i]!) ** 2;
    moved += (b[i]! - start[i]!) ** 2;
  }
  const distance = Math.sqrt(apart / moved);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}
