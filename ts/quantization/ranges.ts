// @internal
import { BlasnetError } from '../core/errors.js';
import type { FloatArray } from '../tensor/tensor.js';

/** Counts of numbers between the least and the greatest one. */
const bins = 4096;

/** The numbers that reach a layer: first their limits, then, where a percentile is asked for, how they lie between. */
export class InputRange {
  readonly #name: string;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  #counts: Float64Array | undefined;

  /** @param name - of the layer, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /** @throws BlasnetError `ERR_NOT_FINITE` */
  add(numbers: FloatArray): void {
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i]!;
      if (!Number.isFinite(number)) {
        const message = `Expected finite numbers in front of layer '${this.#name}' but received ${number}`;
        throw new BlasnetError('ERR_NOT_FINITE', message);
      }
      if (number < this.#low) this.#low = number;
      if (number > this.#high) this.#high = number;
    }
  }

  /** Counts numbers, once all of them have been added. */
  count(numbers: FloatArray): void {
    this.#counts ??= new Float64Array(bins);
    const width = (this.#high - this.#low) / bins || 1;
    for (let i = 0; i < numbers.length; i++) {
      const bin = Math.min(bins - 1, Math.floor((numbers[i]! - this.#low) / width));
      this.#counts[bin]!++;
    }
  }

  /** The limits without the (100 − percentile) / 2 percent of the smallest and of the largest numbers. */
  limits(percentile: number): readonly [low: number, high: number] {
    const counts = this.#counts;
    if (!counts) return [this.#low, this.#high];
    const width = (this.#high - this.#low) / bins;
    const outside = (counts.reduce((sum, count) => sum + count, 0) * (100 - percentile)) / 200;
    const first = firstBin(counts, outside);
    const last = bins - 1 - firstBin(counts.toReversed(), outside);
    return [this.#low + first * width, this.#low + (last + 1) * width];
  }
}

/** The first bin at which more numbers than that have been seen. */
function firstBin(counts: Float64Array, outside: number): number {
  let seen = 0;
  return Math.max(
    0,
    counts.findIndex((count) => {
      seen += count;
      return seen > outside;
    }),
  );
}
