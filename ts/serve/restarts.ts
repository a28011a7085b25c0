/** Limits how often workers that ended are replaced: one that ends at once would otherwise take all of a processor. */
export class Restarts {
  readonly #most: number;
  readonly #withinMs: number;
  readonly #now: () => number;
  /** When the latest ones were, the oldest first. */
  readonly #times: number[] = [];

  /** @param most - restarts within that time */
  constructor(most: number, withinMs: number, now = () => performance.now()) {
    this.#most = most;
    this.#withinMs = withinMs;
    this.#now = now;
  }

  /** Counts a restart; returns the milliseconds that it must wait. */
  next(): number {
    const now = this.#now();
    const before = this.#times.length < this.#most ? undefined : this.#times.shift()!;
    const due = before === undefined ? now : Math.max(now, before + this.#withinMs);
    this.#times.push(due);
    return due - now;
  }
}
