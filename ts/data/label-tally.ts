// @internal
import { badArgument } from '../core/errors.js';
import { type AnyTensor, Tensor } from '../tensor/tensor.js';
import { positionOfOne } from './class-weights.js';
import type { Labels } from './labels.js';

const MOST = 10_000;

/** The label, its count and its first row in the data set, of each. */
export type LabelParts = readonly (readonly [key: number, count: number, firstRow: number])[];

/** Counts the different labels of rows that pass by: single numbers, or one-hot rows. */
export class LabelTally {
  readonly #width: number;
  /** By the label, or by the place of the 1. */
  readonly #seen = new Map<number, { count: number; readonly firstRow: number }>();
  #isCountable = true;

  constructor(width: number) {
    this.#width = width;
  }

  /** @param firstRow - the number of the first of these rows */
  add({ data, rows }: AnyTensor, firstRow: number): void {
    const width = this.#width;
    for (let row = 0; row < rows && this.#isCountable; row++) {
      const key = width === 1 ? data[row]! : positionOfOne(data.subarray(row * width, (row + 1) * width));
      const seen = this.#seen.get(key);
      if (seen) seen.count++;
      else this.#seen.set(key, { count: 1, firstRow: firstRow + row });
      this.#isCountable = this.#seen.size <= MOST && (width === 1 || key >= 0);
    }
    if (!this.#isCountable) this.#seen.clear();
  }

  /**
   * A summary of the labels for other ranks; undefined where they are too many, or not one-hot.
   * @param rowOf - the number in the data set of a row of this rank
   */
  parts(rowOf: (row: number) => number): LabelParts | undefined {
    if (!this.#isCountable) return undefined;
    return [...this.#seen].map(([key, { count, firstRow }]) => [key, count, rowOf(firstRow)]);
  }

  /** Counts the labels of several ranks, in the order in which they are in the data set. */
  static of(width: number, all: readonly (LabelParts | undefined)[]): LabelTally {
    const tally = new LabelTally(width);
    const seen = new Map<number, { count: number; firstRow: number }>();
    for (const [key, count, firstRow] of all.flatMap((parts) => parts ?? [])) {
      const known = seen.get(key);
      seen.set(key, { count: count + (known?.count ?? 0), firstRow: Math.min(firstRow, known?.firstRow ?? firstRow) });
    }
    for (const [key, found] of [...seen].sort(([, a], [, b]) => a.firstRow - b.firstRow)) tally.#seen.set(key, found);
    tally.#isCountable = all.every((parts) => parts !== undefined) && seen.size <= MOST;
    if (!tally.#isCountable) tally.#seen.clear();
    return tally;
  }

  /**
   * The different labels in order of appearance.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` where they are too many to be classes, or rows that are not one-hot
   */
  get labels(): Labels {
    if (!this.#isCountable) {
      const expected = this.#width === 1 ? `at most ${MOST} different labels` : 'one-hot labels';
      throw badArgument('classes in a stream', expected, this.#width === 1 ? 'more' : 'others');
    }
    const width = this.#width;
    const keys = [...this.#seen.keys()];
    const seen = [...this.#seen.values()];
    const rows = Tensor.zeros([keys.length, width], 'float64');
    for (const [i, key] of keys.entries()) rows.data[width === 1 ? i : i * width + key] = width === 1 ? key : 1;
    return { rows, counts: seen.map(({ count }) => count), rowOf: (i) => seen[i]!.firstRow };
  }

  get isCountable(): boolean {
    return this.#isCountable;
  }
}
