// @internal

import type { Parameter } from '../graph/weights-bias.js';
import type { KernelArgument, Runner } from '../runtime/runner.js';
import type { RuntimeScalars } from '../runtime/runtime-scalars.js';

/** λ and the kind of penalty on large weights. */
export interface Penalty {
  readonly method: 'l1' | 'l2';
  readonly value: number;
}

/** Layers whose weights may be penalized. */
interface PenalizedLayers {
  readonly layers: readonly { readonly layer: { readonly parameters: readonly Parameter[] } }[];
}

const penalizedIn = (stack: PenalizedLayers): Parameter[] =>
  stack.layers.flatMap(({ layer }) => layer.parameters).filter(({ penalized, isTrained }) => penalized && isTrained);

/** Records the kernels that add λ Σ|W| or λ ΣW² / 2 to the sum of the losses of `rows` rows. */
export function penaltyPass(
  runner: Runner,
  stack: PenalizedLayers,
  { method, value: lambda }: Penalty,
  rows: KernelArgument,
  scalars: RuntimeScalars,
): void {
  for (const { value: w } of penalizedIn(stack)) runner.run(`${method}_penalty`, { w, lambda, rows, scalars });
}

/** Records the kernels that add λ sign(W) / m or λW / m to the gradients, m being `rows`. */
export function penaltyGradientPass(
  runner: Runner,
  stack: PenalizedLayers,
  { method, value: lambda }: Penalty,
  rows: KernelArgument,
): void {
  for (const { value: w, gradient: dw } of penalizedIn(stack))
    runner.run(`${method}_gradient`, { w, dw, lambda, rows });
}
