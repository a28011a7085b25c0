import type { HyperParameters } from './hyper-parameters.js';
import type { LayerStack } from './layer-stack.js';
import type { Objective } from './losses/index.js';
import type { KernelOptimizer } from './optimizers/index.js';
import type { KernelArgument, Runner } from './runner.js';
import type { Slots } from './slots.js';
import type { Tensor } from './tensor.js';

/** What training and prediction need of a net. */
export interface Model {
  readonly params: HyperParameters;
  readonly stack: LayerStack;
  readonly objective: Objective;
  readonly optimizer: KernelOptimizer;
}

/**
 * Says the kernels of one training step on a batch: forward, loss, accuracy, backward, update.
 * @returns each layer's output
 */
export function trainingPass(
  { stack, objective, optimizer }: Model,
  runner: Runner,
  batch: { readonly x: Tensor; readonly y: Tensor },
  slots: Slots,
  learningRate: KernelArgument,
): readonly Tensor[] {
  const output = stack.forwardPass(runner, batch.x, true);
  objective.lossPass(runner, output, batch.y, slots);
  runner.run('require_finite_loss', { slots });
  objective.accuracyPass(runner, output.a, batch.y, slots);
  backwardPass(stack, runner, output.a, batch.y);
  optimizer.updatePass(runner, stack.block.theta, stack.block.gradient, learningRate);
  return output.outputs;
}

/** Says the kernels of the backward pass for labels y: the delta at the output is a − y. */
export function backwardPass(stack: LayerStack, runner: Runner, a: Tensor, y: Tensor): void {
  const delta = runner.tensor(a.shape);
  runner.run('loss_delta', { a, y, delta });
  stack.backwardPass(runner, delta);
}
