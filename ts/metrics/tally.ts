// @internal
import { shapeMismatch } from '../core/errors.js';
import { labelsLike } from '../losses/labels-like.js';
import { requireRowNumbers } from '../losses/loss-pass.js';
import { type Ops, opsOn } from '../ops/ops.js';
import type { Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import type { Operand, Runner } from '../runtime/runner.js';
import { type DType, sizeOf, type Tensor } from '../tensor/tensor.js';
import type { MetricValue } from './metric.js';

/** An output of a net and its labels, as metrics judge them. */
export interface JudgedOutput {
  readonly dtype: DType;
  /** Shape of one row of outputs. */
  readonly rowShape: readonly number[];
  /** Whether softmax or sigmoid made the output. */
  readonly kind: 'softmax' | 'sigmoid' | undefined;
  /** Its classes, or yes-or-no answers: the length of the last dimension, or what a softmax is over. */
  readonly width: number;
  /** The output above which the answer of a single output is yes, unless the metric has another one. */
  readonly threshold: number;
  /** Shape of one row of labels. */
  readonly labelShape: readonly number[];
  /** The most rows that are judged together. */
  readonly rows: number;
}

/** The sums of a tally, and the kernels that add to them. */
export interface TallySpec {
  /** Two tallies with the same key hold the same sums. */
  readonly key: string;
  /** Lengths of the dimensions of the sums. */
  readonly shape: readonly number[];
  /**
   * Records the kernels that add a batch to the sums.
   * @param mask - 0 for rows that do not count; without numbers, all do
   */
  readonly record: (sums: Operand, tape: Tape, output: Value, target: Tensor, mask: Tensor) => void;
  /** Records the kernels that run after the last batch, where there are such. */
  readonly finish?: (sums: Operand, runner: Runner) => void;
}

/** Sums over rows, of which one metric or several are computed. */
export class Tally {
  readonly spec: TallySpec;
  #sums: Float64Array | undefined;

  constructor(spec: TallySpec) {
    this.spec = spec;
  }

  /** The number of sums. */
  get count(): number {
    return sizeOf(this.spec.shape);
  }

  /** The sums, in memory of their own unless `place` has given them some. */
  get sums(): Float64Array {
    this.#sums ??= new Float64Array(this.count);
    return this.#sums;
  }

  /** Gives the sums their memory, before anything is recorded. */
  place(sums: Float64Array): void {
    this.#sums = sums;
  }

  record(tape: Tape, output: Value, target: Tensor, mask: Tensor): void {
    this.spec.record(this.#operand(), tape, output, target, mask);
  }

  finish(runner: Runner): void {
    this.spec.finish?.(this.#operand(), runner);
  }

  #operand(): Operand {
    return { data: this.sums, shape: this.spec.shape };
  }
}

/** A metric of the sums of a tally. */
export interface Judge {
  readonly tally: Tally;
  result(sums: Float64Array): MetricValue;
}

/** Outputs as rows of classes, or of yes-or-no answers; labels beside them. */
export interface ClassForm {
  /** Whether each output is a yes or no of its own. A single one is. */
  readonly isByOutput: boolean;
  /** Classes, or yes-or-no answers. */
  readonly width: number;
  /** Rows for each row of the net: more than one where a row has several steps. */
  readonly steps: number;
  /** Whether labels are the numbers of classes. */
  readonly areNumbers: boolean;
  /** A batch's outputs and labels as matrices. */
  readonly matrices: (a: Tensor, y: Tensor) => { readonly a: Tensor; readonly y: Tensor };
}

/** Whether labels are the numbers of classes: one of them for several outputs that are no yes-or-no answers. */
export function areClassNumbers({ rowShape, kind, width, labelShape }: JudgedOutput): boolean {
  return kind !== 'sigmoid' && width > 1 && sizeOf(labelShape) * width === sizeOf(rowShape);
}

/**
 * Sees outputs as those of a classifier: sigmoid and single outputs are yes or no, others are classes.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` where there are neither as many labels nor one for each row of classes
 */
export function classFormOf(output: JudgedOutput): ClassForm {
  const { rowShape, kind, width, labelShape } = output;
  const isByOutput = kind === 'sigmoid' || (kind === undefined && width === 1);
  const steps = width === 0 ? 0 : sizeOf(rowShape) / width;
  const labels = sizeOf(labelShape);
  const areNumbers = areClassNumbers(output);
  if (labels !== sizeOf(rowShape) && !areNumbers) {
    const classes = isByOutput ? '' : ', or the number of a class';
    throw shapeMismatch('labels', `rows of ${sizeOf(rowShape)} numbers${classes}`, `rows of ${labels}`);
  }
  const matrices = (a: Tensor, y: Tensor) => {
    const rows = (a.shape[0] ?? 1) * steps;
    return { a: a.reshape([rows, width]), y: y.reshape([rows, areNumbers ? 1 : width]) };
  };
  return { isByOutput, width, steps, areNumbers, matrices };
}

/** @throws BlasnetError `ERR_SHAPE_MISMATCH` unless there is a label for each number of the output */
export function requireLabelForEach({ rowShape, labelShape }: JudgedOutput): void {
  if (sizeOf(rowShape) === sizeOf(labelShape)) return;
  throw shapeMismatch('labels', `rows of ${sizeOf(rowShape)} numbers`, `rows of ${sizeOf(labelShape)}`);
}

/**
 * A metric that is the mean over rows of a number for each row.
 * @param name - of the result of `call`, for messages
 * @param key - of the tally: metrics with the same one share it
 */
export function meanOfRows(name: string, key: string, call: RowNumbers): Judge {
  const tally = new Tally({
    key,
    shape: [2],
    record: (sums, tape, output, target, mask) => {
      const values = call(opsOn(tape), output, new Value(labelsLike(output, target)));
      requireRowNumbers(name, values, output.shape[0]!);
      tape.run('add_row_numbers', { values: values.tensor, mask, sums });
    },
  });
  return { tally, result: ([rows, sum]) => sum! / rows! };
}

/** A number for each row, by operations. */
export type RowNumbers = (ops: Ops, output: Value, target: Value) => Value;
