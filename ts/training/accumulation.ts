import { penaltyGradientPass, penaltyPass } from '../losses/penalty.js';
import { type Model, penaltyOf } from '../net/model.js';
import type { UpdatePieces } from '../net/update-pieces.js';
import type { KernelArgument, Runner } from '../runtime/runner.js';
import type { RuntimeScalar, RuntimeScalars } from '../runtime/runtime-scalars.js';
import { updatePass } from './passes.js';

/** The place of a batch in a group of batches that make one update. */
interface Part {
  readonly rows: number;
  /** Rows of the epoch before the batch. */
  readonly firstRow: RuntimeScalar;
  /** Rows of a whole group. */
  readonly groupRows: number;
}

/** Records the kernels that add a batch's gradient to those of its group, and count the batch. */
export function accumulatePass({ stack, state }: Model, runner: Runner, part: Part, scalars: RuntimeScalars): void {
  const { gradient } = stack.block;
  const groupCount = scalars.vector('groupCount');
  runner.run('accumulate_gradient', { gradient, sum: state.gradientSum(stack.block), ...part, groupCount });
  runner.run('count_step', { step: state.scalars.vector('step') });
}

/** Records the kernels of an update with the gradient of the mean loss over all rows of a group. */
export function groupUpdatePass(
  model: Model,
  runner: Runner,
  epoch: KernelArgument,
  scalars: RuntimeScalars,
  pieces?: UpdatePieces,
): void {
  const { stack, state } = model;
  const penalty = penaltyOf(model);
  const rows = scalars.scalar('groupCount');
  runner.run('mean_gradient', { sum: state.gradientSum(stack.block), rows, gradient: stack.block.gradient });
  if (penalty) {
    penaltyPass(runner, stack, penalty, rows, scalars);
    runner.run('require_finite_loss', { scalars });
    penaltyGradientPass(runner, stack, penalty, rows);
  }
  updatePass(model, runner, epoch, pieces);
}
