/** What a model has done so far; times in nanoseconds. */
export class Statistics {
  readonly success = { count: 0, ns: 0 };
  readonly fail = { count: 0, ns: 0 };
  readonly compute = { count: 0, ns: 0 };
  /** Rows that were computed. */
  inferences = 0;

  requestEnded(status: number, milliseconds: number): void {
    const sum = status < 400 ? this.success : this.fail;
    sum.count++;
    sum.ns += milliseconds * 1e6;
  }

  batchEnded(milliseconds: number): void {
    this.compute.count++;
    this.compute.ns += milliseconds * 1e6;
  }
}
