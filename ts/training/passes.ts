import type { Labels, Scores } from '../inference/scores.js';
import { penaltyGradientPass, penaltyPass } from '../losses/penalty.js';
import type { NetPass } from '../net/layer-stack.js';
import { type Model, penaltyOf } from '../net/model.js';
import type { UpdatePieces } from '../net/update-pieces.js';
import type { Seed } from '../ops/tape.js';
import type { KernelArgument, Runner } from '../runtime/runner.js';
import type { RuntimeScalars } from '../runtime/runtime-scalars.js';
import type { AnyTensor, Tensor } from '../tensor/tensor.js';

/** One batch of a training step. */
export interface TrainingBatch extends Labels {
  /** In the order of the net's inputs. */
  readonly inputs: readonly AnyTensor[];
  /** Whether it is a part of a larger batch, which has the penalty of l1 or l2 as a whole. */
  readonly isPart?: boolean | undefined;
}

/** Takes the sums of the loss, which lie in `scalars`, and those of the metrics if they are wanted. */
export interface Judge {
  readonly scores: Scores;
  readonly scalars: RuntimeScalars;
  readonly wantsMetrics: boolean;
}

/**
 * Records the kernels that compute the gradient of the loss for a batch: forward, loss, metrics, backward.
 * @param batchOf - records the kernels that gather the batch
 * @returns the result of each step of the graph
 */
export function trainingPass(
  model: Model,
  runner: Runner,
  batchOf: (runner: Runner) => TrainingBatch,
  judge: Judge,
): readonly Tensor[] {
  const { scores, scalars, wantsMetrics } = judge;
  const { inputs, isPart, ...labels } = batchOf(runner);
  const { rows } = labels.labels[0]!;
  const penalty = isPart ? undefined : penaltyOf(model);
  const { pass, outputs, results } = model.stack.forwardPass(runner, inputs, true);
  const seeds = scores.recordLoss(pass.tape, outputs, labels);
  if (penalty) penaltyPass(runner, model.stack, penalty, rows, scalars);
  runner.run('require_finite_loss', { scalars });
  if (wantsMetrics) scores.recordMetrics(pass.tape, outputs, labels);
  backwardPass(model, pass, seeds(), rows, isPart);
  return results;
}

/**
 * Records the kernels of the backward pass from these seeds.
 * @param rows - of the batch
 */
export function backwardPass(
  model: Model,
  pass: NetPass['pass'],
  seeds: readonly Seed[],
  rows: number,
  isPart = false,
) {
  const penalty = isPart ? undefined : penaltyOf(model);
  pass.backward(seeds);
  if (penalty) penaltyGradientPass(pass.runner, model.stack, penalty, rows);
}

/**
 * Records the kernels that end a step which makes an update by itself.
 * @param pieces - the share of this process, where several make the update together
 */
export function stepUpdatePass(model: Model, runner: Runner, epoch: KernelArgument, pieces?: UpdatePieces): void {
  const { scalars, updateCount } = model.state;
  updatePass(model, runner, epoch, pieces);
  if (updateCount !== 'step') runner.run('count_step', { step: scalars.vector('step') });
}

/**
 * Records the kernels of an update: clip the gradient, compute the learning rate, update the weights, count the update.
 * @param epoch - epochs finished before it
 * @param pieces - the share of this process, where several make the update together
 */
export function updatePass(
  { params, stack, schedule, state }: Model,
  runner: Runner,
  epoch: KernelArgument,
  pieces?: UpdatePieces,
): void {
  const { gradient } = stack.block;
  const { value, norm } = params.gradientClip;
  if (value !== undefined) runner.run('clip_value', { gradient, limit: value });
  if (norm !== undefined) runner.run('clip_norm', { gradient, limit: norm });
  schedule?.ratePass(runner, state.scalars, { epoch, iteration: state.scalars.scalar(state.updateCount) });
  state.updatePass(runner, stack, pieces);
  state.countPass(runner);
}
