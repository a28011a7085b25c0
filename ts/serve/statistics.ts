/** The 99th percentile is that of so many answers. */
const recentAnswers = 1000;

/** Plain figures that can be sent to another process. */
export type StatisticsSnapshot = ReturnType<Statistics['snapshot']>;

/** How long the parts of a successful call took, in milliseconds. */
export interface CallTimes {
  readonly rows: number;
  /** Rows of the batch that its rows were in. */
  readonly batchRows: number;
  /** Waiting for its batch, before and after it was parsed. */
  readonly queueMs: number;
  /** Parsing the request and writing its rows into a batch. */
  readonly inputMs: number;
  readonly inferMs: number;
  /** Writing the answer. */
  readonly outputMs: number;
}

/** A count of events and the nanoseconds that they took together. */
class Duration {
  count = 0;
  ns = 0;

  add(milliseconds: number): void {
    this.count++;
    this.addTime(milliseconds);
  }

  addTime(milliseconds: number): void {
    this.ns += Math.round(milliseconds * 1e6);
  }

  include({ count, ns }: { readonly count: number; readonly ns: number }): void {
    this.count += count;
    this.ns += ns;
  }

  toJSON() {
    return { count: this.count, ns: this.ns };
  }
}

/** Counts requests and batches of one model, and adds up their times. */
export class Statistics {
  readonly #success = new Duration();
  readonly #fail = new Duration();
  readonly #queue = new Duration();
  readonly #input = new Duration();
  readonly #infer = new Duration();
  readonly #output = new Duration();
  /** By the rows of the batches. */
  readonly #batches = new Map<
    number,
    { readonly input: Duration; readonly infer: Duration; readonly output: Duration }
  >();
  /** Rows that were computed. */
  #rows = 0;
  #executions = 0;
  /** Answers of this process. */
  #answers = 0;
  /** Milliseconds since 1970. */
  #last = 0;
  /** Times of the latest answers; the next one takes the place of the oldest. */
  readonly #recent = new Float64Array(recentAnswers);
  /** Those of other processes. */
  readonly #recentElsewhere: number[] = [];

  /** @param milliseconds - from the arrival of the request to its answer */
  succeeded(milliseconds: number, { batchRows, queueMs, inputMs, inferMs, outputMs }: CallTimes): void {
    this.#last = Date.now();
    this.#recent[this.#answers++ % recentAnswers] = Math.round(milliseconds * 1e6);
    this.#success.add(milliseconds);
    this.#queue.add(queueMs);
    this.#input.add(inputMs);
    this.#infer.add(inferMs);
    this.#output.add(outputMs);
    const batch = this.#batchOf(batchRows);
    batch.input.addTime(inputMs);
    batch.output.addTime(outputMs);
  }

  /** @param milliseconds - from the arrival of the request to its answer */
  failed(milliseconds: number): void {
    this.#last = Date.now();
    this.#fail.add(milliseconds);
  }

  /** @param milliseconds - of the computation */
  batchEnded(rows: number, milliseconds: number): void {
    this.#rows += rows;
    this.#executions++;
    const { input, infer, output } = this.#batchOf(rows);
    input.count++;
    output.count++;
    infer.add(milliseconds);
  }

  /** Returns all figures, for {@link include} in another process. */
  snapshot() {
    return {
      last: this.#last,
      rows: this.#rows,
      executions: this.#executions,
      parts: this.#parts.map((part) => part.toJSON()),
      batches: [...this.#batches].map(([rows, { input, infer, output }]) => ({
        rows,
        parts: [input, infer, output].map((part) => part.toJSON()),
      })),
      recent: this.#recentTimes,
    };
  }

  /** Adds the figures of another process. */
  include({ last, rows, executions, parts, batches, recent }: StatisticsSnapshot): void {
    this.#last = Math.max(this.#last, last);
    this.#rows += rows;
    this.#executions += executions;
    for (const [i, part] of this.#parts.entries()) part.include(parts[i]!);
    for (const batch of batches) {
      const { input, infer, output } = this.#batchOf(batch.rows);
      for (const [i, part] of [input, infer, output].entries()) part.include(batch.parts[i]!);
    }
    this.#recentElsewhere.push(...recent);
  }

  get #parts(): readonly Duration[] {
    return [this.#success, this.#fail, this.#queue, this.#input, this.#infer, this.#output];
  }

  get #recentTimes(): number[] {
    return [...this.#recent.slice(0, Math.min(this.#answers, recentAnswers)), ...this.#recentElsewhere];
  }

  /** Returns the statistics under the names of the protocol's extension, and the 99th percentile of answers. */
  toJSON() {
    const none = { count: 0, ns: 0 };
    return {
      last_inference: this.#last,
      inference_count: this.#rows,
      execution_count: this.#executions,
      inference_stats: {
        success: this.#success,
        fail: this.#fail,
        queue: this.#queue,
        compute_input: this.#input,
        compute_infer: this.#infer,
        compute_output: this.#output,
        cache_hit: none,
        cache_miss: none,
        latency_p99_ns: this.#latencyP99,
      },
      batch_stats: [...this.#batches]
        .sort(([a], [b]) => a - b)
        .map(([batch_size, { input, infer, output }]) => ({
          batch_size,
          compute_input: input,
          compute_infer: infer,
          compute_output: output,
        })),
    };
  }

  /** The time that 99 of 100 of the latest answers took at most; null before the first. */
  get #latencyP99(): number | null {
    const times = Float64Array.from(this.#recentTimes).sort();
    return times.length === 0 ? null : times[Math.ceil(0.99 * times.length) - 1]!;
  }

  #batchOf(rows: number) {
    let batch = this.#batches.get(rows);
    if (!batch) {
      batch = { input: new Duration(), infer: new Duration(), output: new Duration() };
      this.#batches.set(rows, batch);
    }
    return batch;
  }
}
