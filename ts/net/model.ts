import type { HyperParameters } from '../hyper-parameters.js';
import { type Labels, type Objective, seedOf } from '../losses/objective.js';
import { type Penalty, penaltyGradientPass, penaltyPass } from '../losses/penalty.js';
import type { KernelOptimizer } from '../optimizers/index.js';
import type { KernelArgument, Runner } from '../runner.js';
import type { Schedule } from '../schedules/schedule.js';
import type { Slots } from '../slots.js';
import type { AnyTensor, Tensor } from '../tensor.js';
import type { TrainingState } from '../training/training-state.js';
import type { LayerStack, NetPass } from './layer-stack.js';

/** The parts of a net that training and prediction use. */
export interface Model {
  readonly params: HyperParameters;
  readonly stack: LayerStack;
  readonly objective: Objective;
  readonly optimizer: KernelOptimizer;
  readonly schedule: Schedule | undefined;
  readonly state: TrainingState;
}

/** l1 or l2, where the net has one. */
export function penaltyOf({ params: { regularizer } }: Model): Penalty | undefined {
  const { method, value } = regularizer;
  return method === 'l1' || method === 'l2' ? { method, value } : undefined;
}

/** One batch of a training step. */
export interface TrainingBatch extends Labels {
  /** In the order of the net's inputs. */
  readonly inputs: readonly AnyTensor[];
  /** Whether it is a part of a larger batch, which has the penalty of l1 or l2 as a whole. */
  readonly isPart?: boolean | undefined;
}

/**
 * Records the kernels that compute the gradient of the loss for a batch: forward, loss, accuracy, backward.
 * @param batchOf - records the kernels that gather the batch
 * @returns the result of each step of the graph
 */
export function trainingPass(
  model: Model,
  runner: Runner,
  batchOf: (runner: Runner) => TrainingBatch,
  slots: Slots,
): readonly Tensor[] {
  const { stack, objective } = model;
  const { inputs, y, classWeights, isPart } = batchOf(runner);
  const penalty = isPart ? undefined : penaltyOf(model);
  const netPass = stack.forwardPass(runner, inputs, true);
  const output = netPass.outputs[0]!;
  objective.lossPass(runner, output, { y, classWeights }, slots);
  if (penalty) penaltyPass(runner, stack, penalty, y.rows, slots);
  runner.run('require_finite_loss', { slots });
  objective.accuracyPass(runner, output.tensor, y, slots);
  backwardPass(model, netPass, { y, classWeights, isPart });
  return netPass.results;
}

/** Records the kernels of the backward pass for labels y. */
export function backwardPass(
  model: Model,
  { pass, outputs }: NetPass,
  { isPart, ...labels }: Labels & Pick<TrainingBatch, 'isPart'>,
): void {
  const penalty = isPart ? undefined : penaltyOf(model);
  pass.backward([seedOf(pass.tape, outputs[0]!, labels)]);
  if (penalty) penaltyGradientPass(pass.runner, model.stack, penalty, labels.y.rows);
}

/** Records the kernels that end a step which makes an update by itself. */
export function stepUpdatePass(model: Model, runner: Runner, epoch: KernelArgument): void {
  const { slots, updateCount } = model.state;
  updatePass(model, runner, epoch);
  if (updateCount !== 'step') runner.run('count_step', { step: slots.vector('step') });
}

/**
 * Records the kernels of an update: clip the gradient, compute the learning rate, update the weights, count the update.
 * @param epoch - epochs finished before it
 */
export function updatePass({ params, stack, schedule, state }: Model, runner: Runner, epoch: KernelArgument): void {
  const { gradient } = stack.block;
  const { value, norm } = params.gradientClip;
  if (value !== undefined) runner.run('clip_value', { gradient, limit: value });
  if (norm !== undefined) runner.run('clip_norm', { gradient, limit: norm });
  schedule?.ratePass(runner, state.slots, { epoch, iteration: state.slots.slot(state.updateCount) });
  state.updatePass(runner, stack);
  state.countPass(runner);
}
