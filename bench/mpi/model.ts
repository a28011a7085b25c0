/** The time of an exchange: a start, and so much for each byte; in microseconds. */
export interface Link {
  readonly name: string;
  /** Microseconds of a message, however short. */
  readonly latency: number;
  /** Microseconds of each byte that a rank sends, while it receives as many. */
  readonly byte: number;
}

/** The time of a step of a net on one rank, and the bytes that its ranks exchange. */
export interface NetCost {
  readonly name: string;
  /** Microseconds of a step on one rank. */
  readonly step: number;
  /** Rows of a batch. */
  readonly batch: number;
  /** Bytes of a gradient. */
  readonly gradient: number;
}

/**
 * Fits time = start + slope · bytes to measurements, each by its relative error, since they span several powers of ten.
 * @throws RangeError for fewer than two sizes
 */
export function fitLine(points: readonly (readonly [bytes: number, time: number])[]): { start: number; slope: number } {
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const [bytes, time] of points) {
    const weight = 1 / time ** 2;
    w += weight;
    x += weight * bytes;
    y += weight * time;
    xx += weight * bytes ** 2;
    xy += weight * bytes * time;
  }
  const divisor = w * xx - x ** 2;
  if (!(divisor > 0)) throw new RangeError('Expected at least two sizes to fit a line to');
  const slope = (w * xy - x * y) / divisor;
  return { start: (y - slope * x) / w, slope };
}

/**
 * The link of measured sums over two ranks. Each of the two phases of a sum is a message each way; of the gradient, each rank
 * sends half in each phase.
 */
export function linkOf(name: string, points: readonly (readonly [bytes: number, time: number])[]): Link {
  const { start, slope } = fitLine(points);
  return { name, latency: Math.max(0, start / 2), byte: slope };
}

/** Microseconds of the sum of gradients over so many ranks: pieces to their ranks, and their sums back to all. */
export function exchangeTime({ latency, byte }: Link, ranks: number, bytes: number): number {
  if (ranks === 1) return 0;
  return 2 * (ranks - 1) * latency + ((2 * (ranks - 1)) / ranks) * bytes * byte;
}

/** The speed of so many ranks beside one, divided by their number. A batch of one process is shared. */
export function efficiencyOfSameBatch({ step, gradient }: NetCost, link: Link, ranks: number): number {
  return step / (ranks * (step / ranks + exchangeTime(link, ranks, gradient)));
}

/** The same where the batch grows with the ranks: each has as many rows as one process alone. */
export function efficiencyOfSameRows({ step, gradient }: NetCost, link: Link, ranks: number): number {
  return step / (step + exchangeTime(link, ranks, gradient));
}

/** The greatest number of ranks, of those given, that is worth while: where efficiency is still at least one half. */
export function mostRanks(ranks: readonly number[], efficiency: (ranks: number) => number): number {
  return Math.max(1, ...ranks.filter((count) => efficiency(count) >= 0.5));
}
