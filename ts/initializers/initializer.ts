import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';

/** The numbers that an initialiser may depend on. */
export interface InitializerContext {
  /** The number of inputs that each output is a sum of. */
  readonly fanIn: number;
  /** The number of outputs that each input contributes to. */
  readonly fanOut: number;
  readonly seed: number;
  readonly stream: number;
}

/** Fills weights before training. */
export interface Initializer {
  fill(runner: Runner, weights: Tensor, context: InitializerContext): void;
}
