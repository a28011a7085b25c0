// @internal
import type { LayerStack } from '../net/layer-stack.js';
import type { KernelArgument, Runner } from '../runner.js';
import type { Slots } from '../slots.js';
import type { Parameter } from '../weights-bias.js';

/** λ and the kind of penalty on large weights. */
export interface Penalty {
  readonly method: 'l1' | 'l2';
  readonly value: number;
}

const penalizedIn = (stack: LayerStack): Parameter[] =>
  stack.layers.flatMap(({ layer }) => layer.parameters).filter(({ penalized, isTrained }) => penalized && isTrained);

/** Records the kernels that add λ Σ|W| or λ ΣW² / 2 to the sum of the losses of `rows` rows. */
export function penaltyPass(
  runner: Runner,
  stack: LayerStack,
  { method, value: lambda }: Penalty,
  rows: KernelArgument,
  slots: Slots,
): void {
  for (const { value: w } of penalizedIn(stack)) runner.run(`${method}_penalty`, { w, lambda, rows, slots });
}

/** Records the kernels that add λ sign(W) / m or λW / m to the gradients, m being `rows`. */
export function penaltyGradientPass(
  runner: Runner,
  stack: LayerStack,
  { method, value: lambda }: Penalty,
  rows: KernelArgument,
): void {
  for (const { value: w, gradient: dw } of penalizedIn(stack))
    runner.run(`${method}_gradient`, { w, dw, lambda, rows });
}
