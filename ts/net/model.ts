import { type HyperParameters, optimizerOf } from '../hyper-parameters.js';
import type { Penalty } from '../losses/penalty.js';
import { type Objective, objectivesOf } from '../objectives.js';
import type { KernelOptimizer } from '../optimizers/index.js';
import { Schedule } from '../schedules/schedule.js';
import { LayerStack } from './layer-stack.js';
import { TrainingState } from './training-state.js';

/** The parts of a net that training and prediction use. */
export interface Model {
  readonly params: HyperParameters;
  readonly stack: LayerStack;
  readonly optimizer: KernelOptimizer;
  readonly schedule: Schedule | undefined;
  readonly state: TrainingState;
}

/** The parts of a new net, without layers. */
export function modelFor(params: HyperParameters): Model {
  const { dtype, learningRateSchedule, precision } = params;
  const optimizer = optimizerOf(params);
  return {
    params,
    stack: new LayerStack(dtype, optimizer.excludesBiasAndNorm, precision),
    optimizer,
    schedule: learningRateSchedule && new Schedule(learningRateSchedule),
    state: new TrainingState(optimizer, params),
  };
}

/**
 * Returns the objectives of a net's outputs, in their order.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for losses and metrics of outputs that the net does not have
 */
export function objectivesFor({ params, stack }: Pick<Model, 'params' | 'stack'>): readonly Objective[] {
  return objectivesOf(
    params,
    stack.outputs.map(({ name }) => name),
  );
}

/** l1 or l2, where the net has one. */
export function penaltyOf({ params: { regularizer } }: Model): Penalty | undefined {
  const { method, value } = regularizer;
  return method === 'l1' || method === 'l2' ? { method, value } : undefined;
}
