import type { HyperParameters } from '../hyper-parameters.js';
import { type Labels, type Objective, seedOf } from '../losses/objective.js';
import { type Penalty, penaltyGradientPass, penaltyPass } from '../losses/penalty.js';
import type { KernelOptimizer } from '../optimizers/index.js';
import type { KernelArgument, Runner } from '../runner.js';
import type { Schedule } from '../schedules/schedule.js';
import type { Slots } from '../slots.js';
import type { Tensor } from '../tensor.js';
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
  readonly inputs: readonly Tensor[];
  /** Epochs finished before the step. */
  readonly epoch: KernelArgument;
}

/**
 * Records the kernels of one training step on a batch: forward, loss, accuracy, backward, update.
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
  const penalty = penaltyOf(model);
  const { inputs, y, classWeights, epoch } = batchOf(runner);
  const netPass = stack.forwardPass(runner, inputs, true);
  const output = netPass.outputs[0]!;
  objective.lossPass(runner, output, { y, classWeights }, slots);
  if (penalty) penaltyPass(runner, stack, penalty, y.rows, slots);
  runner.run('require_finite_loss', { slots });
  objective.accuracyPass(runner, output.tensor, y, slots);
  backwardPass(model, netPass, { y, classWeights });
  updatePass(model, runner, epoch);
  return netPass.results;
}

/** Records the kernels of the backward pass for labels y. */
export function backwardPass(model: Model, { pass, outputs }: NetPass, labels: Labels): void {
  const penalty = penaltyOf(model);
  pass.backward([seedOf(pass.tape, outputs[0]!, labels)]);
  if (penalty) penaltyGradientPass(pass.runner, model.stack, penalty, labels.y.rows);
}

/** Records the kernels that end a step: clip the gradient, compute the learning rate, update the weights, count the step. */
export function updatePass(
  { params, stack, optimizer, schedule, state }: Model,
  runner: Runner,
  epoch: KernelArgument,
): void {
  const { gradient } = stack.block;
  const { value, norm } = params.gradientClip;
  if (value !== undefined) runner.run('clip_value', { gradient, limit: value });
  if (norm !== undefined) runner.run('clip_norm', { gradient, limit: norm });
  schedule?.ratePass(runner, state.slots, { epoch, iteration: state.slots.slot('step') });
  optimizer.updatePass(runner, state.target(stack.block));
  runner.run('count_step', { step: state.slots.vector('step') });
}
