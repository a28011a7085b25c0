/** Answers that the 99th percentile is of. */
const recentAnswers = 1000;

/** What a model has done so far; times in nanoseconds. */
export class Statistics {
  readonly success = { count: 0, ns: 0 };
  readonly fail = { count: 0, ns: 0 };
  readonly compute = { count: 0, ns: 0 };
  /** Rows that were computed. */
  inferences = 0;
  /** Times of the latest answers; the next one takes the place of the oldest. */
  readonly #recent = new Float64Array(recentAnswers);

  /** The time that 99 of 100 of the latest answers took at the most; null before the first. */
  get latencyP99(): number | null {
    const count = Math.min(this.success.count, recentAnswers);
    return count === 0 ? null : this.#recent.slice(0, count).sort()[Math.ceil(0.99 * count) - 1]!;
  }

  requestEnded(status: number, milliseconds: number): void {
    const sum = status < 400 ? this.success : this.fail;
    if (sum === this.success) this.#recent[sum.count % recentAnswers] = milliseconds * 1e6;
    sum.count++;
    sum.ns += milliseconds * 1e6;
  }

  batchEnded(milliseconds: number): void {
    this.compute.count++;
    this.compute.ns += milliseconds * 1e6;
  }
}
