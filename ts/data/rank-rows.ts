// @internal
import { badArgument } from '../core/errors.js';
import type { RankShare } from './row-stream.js';

/**
 * The rule by which ranks share the rows of an epoch. Batches are cut as one process cuts them; of a batch of m rows, rank r
 * of n has those from floor(r · m / n) up to floor((r + 1) · m / n). These are the rows of its shards, however many there are.
 */
export class RankRows implements RankShare {
  readonly rank: number;
  readonly size: number;
  readonly batchSize: number;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a batch size below the number of ranks, or no whole number */
  constructor(rank: number, size: number, batchSize: number) {
    if (!(Number.isSafeInteger(batchSize) && batchSize >= size)) {
      throw badArgument('batchSize', `a whole number from ${size}, the number of ranks, on`, batchSize);
    }
    this.rank = rank;
    this.size = size;
    this.batchSize = batchSize;
    this.ranges = this.ranges.bind(this);
  }

  /** The rows of a batch before those of this rank, and those of this rank. */
  within(rows: number): { readonly offset: number; readonly rows: number } {
    const offset = Math.floor((this.rank * rows) / this.size);
    return { offset, rows: Math.floor(((this.rank + 1) * rows) / this.size) - offset };
  }

  /** The rows of this rank in an epoch of `count` rows. */
  countOf(count: number): number {
    const rest = count % this.batchSize;
    return ((count - rest) / this.batchSize) * this.within(this.batchSize).rows + this.within(rest).rows;
  }

  *ranges(count: number): Generator<readonly [from: number, to: number]> {
    if (!(Number.isSafeInteger(count) && count >= 0)) throw badArgument('count', 'a whole number', count);
    for (let first = 0; first < count; first += this.batchSize) {
      const { offset, rows } = this.within(Math.min(this.batchSize, count - first));
      if (rows > 0) yield [first + offset, first + offset + rows];
    }
  }

  /** The place in the data set of row `index` of this rank, in an epoch of `count` rows. */
  rowOf(index: number, count: number): number {
    const full = this.within(this.batchSize).rows;
    // A shorter last batch may have more rows of this rank than the others have.
    const batch = Math.min(Math.floor(index / full), Math.floor(count / this.batchSize));
    const first = batch * this.batchSize;
    return first + this.within(Math.min(this.batchSize, count - first)).offset + (index - batch * full);
  }

  /** The greatest number of rows of which each rank has its part; `counts` are the rows that ranks have. */
  mostRows(counts: readonly number[]): number {
    const ranks = counts.map((_, rank) => new RankRows(rank, this.size, this.batchSize));
    const batches = Math.min(...ranks.map((one, i) => Math.floor(counts[i]! / one.within(this.batchSize).rows)));
    const isEnough = (count: number) => ranks.every((one, i) => one.countOf(count) <= counts[i]!);
    let rest = this.batchSize - 1;
    while (!isEnough(batches * this.batchSize + rest)) rest--;
    return batches * this.batchSize + rest;
  }
}

/** The share of a process alone. */
export const wholeShare: RankShare = { rank: 0, size: 1, ranges: (count) => (count > 0 ? [[0, count]] : []) };
