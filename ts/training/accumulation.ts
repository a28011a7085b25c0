import { penaltyGradientPass, penaltyPass } from '../losses/penalty.js';
import { type Model, penaltyOf, updatePass } from '../net/model.js';
import type { KernelArgument, Runner } from '../runner.js';
import type { Slot, Slots } from '../slots.js';

/** The place of a batch in a group of batches that make one update. */
interface Part {
  readonly rows: number;
  /** Rows of the epoch before the batch. */
  readonly firstRow: Slot;
  /** Rows of a whole group. */
  readonly groupRows: number;
}

/** Records the kernels that add a batch's gradient to those of its group, and count the batch. */
export function accumulatePass({ stack, state }: Model, runner: Runner, part: Part, slots: Slots): void {
  const { gradient } = stack.block;
  const groupCount = slots.vector('groupCount');
  runner.run('accumulate_gradient', { gradient, sum: state.gradientSum(stack.block), ...part, groupCount });
  runner.run('count_step', { step: state.slots.vector('step') });
}

/** Records the kernels of an update with the gradient of the mean loss over all rows of a group. */
export function groupUpdatePass(model: Model, runner: Runner, epoch: KernelArgument, slots: Slots): void {
  const { stack, state } = model;
  const penalty = penaltyOf(model);
  const rows = slots.slot('groupCount');
  runner.run('mean_gradient', { sum: state.gradientSum(stack.block), rows, gradient: stack.block.gradient });
  if (penalty) {
    penaltyPass(runner, stack, penalty, rows, slots);
    runner.run('require_finite_loss', { slots });
    penaltyGradientPass(runner, stack, penalty, rows);
  }
  updatePass(model, runner, epoch);
}
