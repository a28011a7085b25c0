// @internal
import { requireLabels } from '../losses/label-rules.js';
import { labelsLike } from '../losses/labels-like.js';
import { stepRowsOf } from '../losses/step-rows.js';
import { Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import { EagerRunner, type Runner } from '../runtime/runner.js';
import { Tensor } from '../tensor/tensor.js';
import type { Metric, MetricValue } from './metric.js';
import { areClassNumbers, type Judge, type JudgedOutput, type Tally } from './tally.js';

/** Tallies with more sums are not looked at while they are being added to. */
export const mostRunning = 16;

/** The metrics of one output: their sums, the kernels that add a batch to them, and their results. */
export class MetricSet {
  readonly #judges: readonly { readonly name: string; readonly judge: Judge }[];
  readonly #tallies: readonly Tally[];

  /** @throws BlasnetError `ERR_SHAPE_MISMATCH` where a metric cannot judge such an output by such labels */
  constructor(metrics: readonly Metric[], output: JudgedOutput) {
    const byKey = new Map<string, Tally>();
    this.#judges = metrics.map((metric) => {
      const { tally: made, result } = metric.judge(output);
      const tally = byKey.get(made.spec.key) ?? made;
      byKey.set(made.spec.key, tally);
      return { name: metric.name, judge: { tally, result } };
    });
    this.#tallies = [...byKey.values()];
  }

  /** The number of sums that say at any time what the metrics are by now: a few for each metric that has such. */
  get runningCount(): number {
    return this.#running.reduce((sum, { count }) => sum + count, 0);
  }

  get #running(): readonly Tally[] {
    return this.#tallies.filter(({ count, spec }) => !spec.finish && count <= mostRunning);
  }

  /** Gives the running sums their memory, before anything is recorded. */
  placeRunning(sums: Float64Array): void {
    let first = 0;
    for (const tally of this.#running) {
      tally.place(sums.subarray(first, first + tally.count));
      first += tally.count;
    }
  }

  /** Records the kernels that add a batch to the sums. Where the output has a mask, each step is a row. */
  record(tape: Tape, output: Value, target: Tensor): void {
    if (this.#tallies.length === 0) return;
    const { mask } = output;
    const rows = mask
      ? stepRowsOf(tape, output, target, mask)
      : { output, target, mask: Tensor.zeros([0], tape.runner.dtype) };
    for (const tally of this.#tallies) tally.record(tape, rows.output, rows.target, rows.mask);
  }

  /** Whether kernels have to run after the last batch. */
  get hasFinish(): boolean {
    return this.#tallies.some(({ spec }) => spec.finish);
  }

  /** Records the kernels that run after the last batch. */
  finish(runner: Runner): void {
    for (const tally of this.#tallies) tally.finish(runner);
  }

  /** Sets all sums to zero. */
  clear(): void {
    for (const { sums } of this.#tallies) sums.fill(0);
  }

  /** The metrics by name, from the sums as they are. */
  results(): Record<string, MetricValue> {
    return Object.fromEntries(this.#judges.map(({ name, judge }) => [name, judge.result(judge.tally.sums)]));
  }

  /** The metrics that are known at any time, from a copy of the running sums. */
  runningResults(copy: Float64Array): Record<string, MetricValue> {
    const places = new Map<Tally, Float64Array>();
    let first = 0;
    for (const tally of this.#running) {
      places.set(tally, copy.subarray(first, first + tally.count));
      first += tally.count;
    }
    const known = this.#judges.filter(({ judge }) => places.has(judge.tally));
    return Object.fromEntries(known.map(({ name, judge }) => [name, judge.result(places.get(judge.tally)!)]));
  }
}

/** Computes a metric of some rows at once. */
export function judgeAlone(metric: Metric, outputs: Tensor, labels: Tensor, kind: 'sigmoid' | undefined): MetricValue {
  const output = new Value(outputs);
  const y = labelsLike(output, labels);
  const judged = {
    dtype: outputs.dtype,
    rowShape: outputs.shape.slice(1),
    kind,
    width: outputs.shape.slice(1).at(-1) ?? 1,
    threshold: 0.5,
    labelShape: y.shape.slice(1),
    rows: outputs.rows,
  };
  const set = new MetricSet([metric], judged);
  if (areClassNumbers(judged)) {
    requireLabels('classes', { data: y.data, count: y.rows }, judged.width, 'labels');
  }
  const runner = new EagerRunner(outputs.dtype);
  set.record(new Tape(runner), output, y);
  set.finish(runner);
  return set.results()[metric.name]!;
}
