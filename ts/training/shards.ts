import type { Communicator } from '../core/communicator.js';
import { badArgument } from '../core/errors.js';

/** One of the pieces that a batch is cut into. */
export interface Shard {
  readonly index: number;
  /** Rows of the batch before it. */
  readonly offset: number;
  /** May be 0, in a batch of fewer rows than shards. */
  readonly rows: number;
}

/** How batches are cut into shards, and which of them this process computes. */
export class Shards {
  readonly count: number;
  readonly rank: number;
  /** Number of processes. */
  readonly size: number;
  /** The number by which kernels know the other processes; undefined where this one computes all shards. */
  readonly exchange: number | undefined;
  /** Whether gradients are summed while the backward pass goes on. */
  readonly overlaps: boolean;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a number of shards that the ranks cannot share evenly */
  constructor(count: number, communicator: Communicator | undefined) {
    const { rank = 0, size = 1, exchange, overlaps = false } = communicator ?? {};
    if (count % size !== 0) {
      const hint = 'shards is an option of train; a run that is resumed keeps its own';
      throw badArgument('shards', `a multiple of ${size}, the number of ranks,`, count, hint);
    }
    this.count = count;
    this.rank = rank;
    this.size = size;
    this.exchange = size > 1 ? exchange : undefined;
    this.overlaps = overlaps;
  }

  /** The shards of a batch of so many rows that this process computes. */
  ownOf(rows: number): readonly Shard[] {
    const own = this.count / this.size;
    return Array.from({ length: own }, (_, i) => {
      const index = this.rank * own + i;
      const [offset, end] = [index, index + 1].map((k) => Math.floor((k * rows) / this.count));
      return { index, offset: offset!, rows: end! - offset! };
    });
  }
}
