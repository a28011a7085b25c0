import { BlasnetError } from '../core/errors.js';
import { type LossPart, lossPass, totalLossPass } from '../losses/loss-pass.js';
import { stepLabelShape, stepShape } from '../losses/step-rows.js';
import type { Evaluation } from '../metrics/evaluation.js';
import type { Metric } from '../metrics/metric.js';
import { MetricSet, mostRunning } from '../metrics/metric-set.js';
import type { JudgedOutput } from '../metrics/tally.js';
import { figureName, type Objective } from '../objectives.js';
import type { Seed, Tape } from '../ops/tape.js';
import type { Value } from '../ops/value.js';
import { createReplay, type Replay } from '../replay/replay.js';
import { fromNative, type Operand, type Runner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import type { DType, Tensor } from '../tensor/tensor.js';

type MetricResults = ReturnType<MetricSet['results']>;

/** The labels of a batch, in the order of the net's outputs, and how much its rows count. */
export interface Labels {
  readonly labels: readonly Tensor[];
  /** A weight for each class of each output; absent where all weigh 1. */
  readonly classWeights?: readonly (Operand | undefined)[] | undefined;
  /** A weight for each row. */
  readonly sampleWeights?: Tensor | undefined;
  /** Rows of the whole batch, where these are a part of it: gradients are those of its mean loss. */
  readonly rows?: number | undefined;
}

/** The metrics of one output. */
interface OutputMetrics {
  readonly metrics: MetricSet;
  /** The figure, in a set of its own where it is not among the metrics; undefined where labels do not allow it. */
  readonly figure: MetricSet | undefined;
}

/** Losses and metrics of a net over many rows: kernels add batches to the sums, from which the figures follow. */
export class Scores {
  readonly #objectives: readonly Objective[];
  readonly #dtype: DType;
  readonly #rows: number;
  readonly #scalars: RuntimeScalars;
  /** The loss of each output, where that of the net is another one. */
  readonly #parts: readonly LossPart[] | undefined;
  #metrics: readonly OutputMetrics[] | undefined;
  #finish: Replay | undefined;

  /**
   * @param rows - the most rows that come together
   * @param scalars - where the sums of the net's loss are, with `roomFor` spare numbers
   */
  constructor(objectives: readonly Objective[], dtype: DType, rows: number, scalars: RuntimeScalars) {
    this.#objectives = objectives;
    this.#dtype = dtype;
    this.#rows = rows;
    this.#scalars = scalars;
    const isSum = objectives.length > 1 || objectives[0]!.factor !== 1;
    this.#parts = isSum ? objectives.map(({ factor }) => ({ scalars: new RuntimeScalars(), factor })) : undefined;
  }

  /** The spare numbers that the scalars must have, for sums that are looked at while they grow. */
  static roomFor(objectives: readonly Objective[]): number {
    return objectives.reduce((sum, { metrics }) => sum + (metrics.length + 1) * mostRunning, 0);
  }

  /**
   * Records the kernels that add a batch to the sums of the loss.
   * @returns records the kernels that make the seeds of the backward pass
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for labels that do not fit the loss
   */
  recordLoss(tape: Tape, outputs: readonly Value[], batch: Labels): () => Seed[] {
    const { labels, classWeights, sampleWeights, rows } = batch;
    const seeds = this.#objectives.map(({ loss, factor }, i) => {
      const weights = { classWeights: classWeights?.[i], sampleWeights, factor, rows };
      return lossPass(loss, tape, outputs[i]!, labels[i]!, this.#parts?.[i]?.scalars ?? this.#scalars, weights);
    });
    if (this.#parts) totalLossPass(tape.runner, this.#parts, labels[0]!.rows, this.#scalars);
    return () => seeds.flatMap((make) => make());
  }

  /**
   * Records the kernels that add a batch to the sums of the metrics.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for labels that a metric cannot judge by
   */
  recordMetrics(tape: Tape, outputs: readonly Value[], { labels }: Labels): void {
    this.#metrics ??= this.#begin(outputs, labels);
    for (const [i, { metrics, figure }] of this.#metrics.entries()) {
      figure?.record(tape, outputs[i]!, labels[i]!);
      metrics.record(tape, outputs[i]!, labels[i]!);
    }
  }

  #begin(outputs: readonly Value[], labels: readonly Tensor[]): readonly OutputMetrics[] {
    const made = this.#objectives.map((objective, i) => {
      const judged = this.#judged(objective, outputs[i]!, labels[i]!);
      const { metrics, figure } = objective;
      const own = metrics.includes(figure) ? undefined : figureSet(figure, judged);
      return { metrics: new MetricSet(metrics, judged), figure: own };
    });
    for (const [set, sums] of runningSums(made, this.#scalars.spareOf())) set.placeRunning(sums);
    return made;
  }

  #judged({ loss }: Objective, output: Value, labels: Tensor): JudgedOutput {
    const { logits } = output;
    const kind = logits?.kind;
    const width = kind === 'softmax' ? logits!.z.shape.at(-1)! : (output.shape.slice(1).at(-1) ?? 1);
    const threshold = loss.labelRule({ width, kind }) === 'signs' ? 0 : 0.5;
    const shared = { dtype: this.#dtype, kind, width, threshold };
    const labelShape = labels.shape.slice(1);
    // Steps that a mask may leave out are judged one by one.
    return output.mask
      ? { ...shared, ...stepForm(output, labelShape), rows: this.#rows * output.shape[1]! }
      : { ...shared, rowShape: output.shape.slice(1), labelShape, rows: this.#rows };
  }

  get #sets(): readonly MetricSet[] {
    return setsOf(this.#metrics ?? []);
  }

  /** Sets all sums to zero. */
  clear(): void {
    this.#scalars.clearSums();
    for (const { scalars } of this.#parts ?? []) scalars.clearSums();
    for (const set of this.#sets) set.clear();
  }

  /** Computes on a thread of its own what follows from all rows together, such as areas below curves. */
  async finish(): Promise<void> {
    const replay = this.#finishReplay;
    if (replay) check(await replay.run(0, 1, false));
  }

  /** The same on this thread. */
  finishSync(): void {
    const replay = this.#finishReplay;
    if (replay) check(replay.runSync(0, 1, false));
  }

  get #finishReplay(): Replay | undefined {
    const sets = this.#sets.filter(({ hasFinish }) => hasFinish);
    if (sets.length === 0) return undefined;
    const step = (runner: Runner) => {
      for (const set of sets) set.finish(runner);
    };
    const setup = { dtype: this.#dtype, scalars: new RuntimeScalars(), stepsPerEpoch: 1, batchRows: 1 };
    this.#finish ??= createReplay({ step }, setup);
    return this.#finish;
  }

  /** The figures of all rows, once the sums are finished. */
  evaluation(): Evaluation {
    return this.#evaluationOf(this.#scalars.data, (set) => set.results());
  }

  /**
   * The figures of the rows so far: those that are known at any time.
   * @param data - a copy of the scalars' data
   */
  running(data: Float64Array = this.#scalars.data): Evaluation {
    const sums = runningSums(this.#metrics ?? [], this.#scalars.spareOf(data));
    return this.#evaluationOf(data, (set) => set.runningResults(sums.get(set)!));
  }

  #evaluationOf(data: Float64Array, resultsOf: (set: MetricSet) => MetricResults): Evaluation {
    const { lossSum, rows } = this.#scalars.sums(data);
    const isAsked = this.#objectives.length > 1 || this.#objectives.some(({ metrics }) => metrics.length > 0);
    const metrics = this.#objectives.flatMap((objective, i) => {
      const part = this.#objectives.length > 1 ? this.#parts![i]!.scalars.sums() : undefined;
      const results = this.#metrics ? resultsOf(this.#metrics[i]!.metrics) : {};
      const all = { ...(part && { loss: part.lossSum / part.rows }), ...results };
      return Object.entries(all).map(
        ([name, value]) => [figureName(this.#objectives, objective, name), value] as const,
      );
    });
    return {
      loss: lossSum / rows,
      accuracy: this.#accuracyIn(resultsOf),
      ...(isAsked && { metrics: Object.freeze(Object.fromEntries(metrics)) }),
    };
  }

  #accuracyIn(resultsOf: (set: MetricSet) => MetricResults): number {
    const [first] = this.#metrics ?? [];
    if (!first) return Number.NaN;
    const value = resultsOf(first.figure ?? first.metrics)[this.#objectives[0]!.figure.name];
    return typeof value === 'number' ? value : Number.NaN;
  }
}

/** The shapes of a step's outputs and labels. */
const stepForm = (output: Value, labelShape: readonly number[]) => ({
  rowShape: stepShape(output),
  labelShape: stepLabelShape(output, labelShape),
});

const setsOf = (outputs: readonly OutputMetrics[]): MetricSet[] =>
  outputs.flatMap(({ metrics, figure }) => (figure ? [metrics, figure] : [metrics]));

/** The share of each set in the spare numbers of scalars. */
function runningSums(outputs: readonly OutputMetrics[], spare: Float64Array): Map<MetricSet, Float64Array> {
  let used = 0;
  return new Map(
    setsOf(outputs).map((set) => {
      const first = used;
      used += set.runningCount;
      return [set, spare.subarray(first, used)] as const;
    }),
  );
}

/** A set for the figure alone; undefined where labels of one's own loss do not allow it. */
function figureSet(figure: Metric, judged: JudgedOutput): MetricSet | undefined {
  try {
    return new MetricSet([figure], judged);
  } catch (cause) {
    if (cause instanceof BlasnetError) return undefined;
    throw cause;
  }
}

function check({ reason, message }: { readonly reason: string; readonly message: string }): void {
  if (reason !== 'finished') throw fromNative(new Error(message || reason));
}
