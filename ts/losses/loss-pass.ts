// @internal
import { shapeMismatch } from '../core/errors.js';
import { opsOn } from '../ops/ops.js';
import type { Seed, Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import type { Operand, Runner } from '../runtime/runner.js';
import type { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { type DType, Tensor } from '../tensor/tensor.js';
import { noClassWeights } from './class-weights.js';
import type { FusedLoss } from './fused.js';
import { labelsLike } from './labels-like.js';
import type { Loss } from './loss.js';
import { type StepRows, stepRowsOf } from './step-rows.js';

/** How much the rows of a batch count in the loss; all alike where nothing is given. */
export interface LossWeights {
  /** A weight for each class; empty where all weigh 1. */
  readonly classWeights?: Operand | undefined;
  /** A weight for each row, m numbers. */
  readonly sampleWeights?: Tensor | undefined;
  /** The weight of this output's loss in the loss of the net. */
  readonly factor?: number | undefined;
  /** Rows of the whole batch, where these are a part of it. */
  readonly rows?: number | undefined;
}

/**
 * Records the kernels that add the loss of a batch, Σ wᵢ lossᵢ over its rows, to the sums in the scalars.
 * @param target - the labels, m rows
 * @returns records the kernels that make the seeds of the backward pass: the gradient of factor · Σ wᵢ lossᵢ / m
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for labels that do not fit, or a loss that is no number for each row
 */
export function lossPass(
  loss: Loss,
  tape: Tape,
  output: Value,
  target: Tensor,
  scalars: RuntimeScalars,
  weights: LossWeights = {},
): () => Seed[] {
  if (output.mask) return maskedPass(loss, tape, stepRowsOf(tape, output, target, output.mask), scalars, weights);
  const y = labelsLike(output, target);
  const { classWeights = noClassWeights, sampleWeights, factor = 1, rows = y.rows } = weights;
  const scale = factor / rows;
  const fused = sampleWeights ? undefined : loss.fused(output);
  if (fused) return fusedPass(fused, tape, output, y, scalars, classWeights, scale);

  const losses = loss.call(opsOn(tape), output, new Value(y));
  requireRowNumbers(`the result of the loss '${loss.name}'`, losses, output.shape[0]!);
  const isWeighted = sampleWeights !== undefined || classWeights.shape[0] !== 0;
  if (!isWeighted) {
    const none = Tensor.zeros([0], tape.runner.dtype);
    tape.run('add_row_losses', { losses: losses.tensor, weights: none, scalars });
    const gradient = constantTensor(losses.shape, tape.runner.dtype, scale);
    return () => [{ value: losses, gradient }];
  }
  const rowWeights = weightsOf(loss, tape, output, y, { classWeights, sampleWeights });
  tape.run('add_row_losses', { losses: losses.tensor, weights: rowWeights, scalars });
  return () => {
    const gradient = tape.runner.tensor(losses.shape);
    const flat = gradient.reshape([gradient.size]);
    tape.run('scaled_copy', { x: rowWeights, y: flat, factor: scale, accumulate: 0 });
    return [{ value: losses, gradient }];
  };
}

/** The weight of each row, from its class and its own. */
function weightsOf(loss: Loss, tape: Tape, output: Value, y: Tensor, weights: LossWeights): Tensor {
  const { classWeights = noClassWeights, sampleWeights = Tensor.zeros([0], tape.runner.dtype) } = weights;
  const width = output.rank < 2 ? 1 : output.shape.at(-1)!;
  const areNumbers = Number(loss.labelRule({ width, kind: output.logits?.kind }) === 'classes');
  const rowWeights = tape.runner.tensor([y.rows]);
  tape.run('row_weights', { y, classWeights, sampleWeights, weights: rowWeights, areNumbers });
  return rowWeights;
}

/** As `lossPass`, for sequences of which some steps do not count: each step is a row of the loss. */
function maskedPass(
  loss: Loss,
  tape: Tape,
  { output, target, mask, steps }: StepRows,
  scalars: RuntimeScalars,
  weights: LossWeights,
): () => Seed[] {
  const { classWeights = noClassWeights, sampleWeights, factor = 1 } = weights;
  const count = mask.size;
  const rows = weights.rows ?? count / steps;
  const none = Tensor.zeros([0], tape.runner.dtype);
  const losses = loss.call(opsOn(tape), output, new Value(target));
  requireRowNumbers(`the result of the loss '${loss.name}'`, losses, count);
  const isByClass = classWeights.shape[0] !== 0;
  const stepWeights = isByClass ? weightsOf(loss, tape, output, target, { classWeights }) : none;
  const all = tape.runner.tensor([count]);
  tape.run('step_weights', { mask, stepWeights, rowWeights: sampleWeights ?? none, weights: all });
  const scale = loss.sumsOutputs ? 1 : steps;
  tape.run('add_step_losses', { losses: losses.tensor, weights: all, mask, steps, scale, scalars });
  return () => {
    const gradient = tape.runner.tensor(losses.shape);
    // Where the batch is a part of a larger one, it counts by its rows.
    const part = (factor * count) / steps / rows;
    tape.run('step_gradient', { weights: all, mask, steps, scale, factor: part, gradient: gradient.reshape([count]) });
    return [{ value: losses, gradient }];
  };
}

function fusedPass(
  fused: FusedLoss,
  tape: Tape,
  output: Value,
  y: Tensor,
  scalars: RuntimeScalars,
  classWeights: Operand,
  scale: number,
): () => Seed[] {
  fused.pass(tape, y, classWeights, scalars);
  return () => {
    const delta = tape.runner.tensor(output.shape);
    tape.run('loss_delta', { a: output.tensor, y, classWeights, delta, scale });
    return [{ value: fused.seed, gradient: delta.reshape(fused.seed.shape) }];
  };
}

/** One of several outputs of a net: the sums of its loss, and the weight of its loss in that of the net. */
export interface LossPart {
  readonly scalars: RuntimeScalars;
  readonly factor: number;
}

/** Records the kernels that add the losses of several outputs for the present batch up, as the loss of the net. */
export function totalLossPass(runner: Runner, parts: readonly LossPart[], rows: number, scalars: RuntimeScalars): void {
  for (const [i, { scalars: part, factor }] of parts.entries()) {
    runner.run('add_loss_part', { part, factor, rows, isFirst: Number(i === 0), scalars });
  }
}

/** @throws BlasnetError `ERR_SHAPE_MISMATCH` for anything but a value with one number for each row */
export function requireRowNumbers(name: string, value: unknown, rows: number): asserts value is Value {
  const fits = value instanceof Value && value.rank > 0 && value.shape[0] === rows && value.size === rows;
  if (fits) return;
  const received = value instanceof Value ? `shape [${value.shape.join(', ')}]` : String(value);
  throw shapeMismatch(name, `a number for each row, of shape [${rows}],`, received);
}

function constantTensor(shape: readonly number[], dtype: DType, value: number): Tensor {
  const tensor = Tensor.zeros(shape, dtype);
  tensor.data.fill(value);
  return tensor;
}
