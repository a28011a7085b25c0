import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';

/** What an initialiser may depend on. */
export interface InitializerContext {
  /** Numbers that each output is a sum of. */
  readonly fanIn: number;
  /** Numbers that each input has a part in. */
  readonly fanOut: number;
  readonly seed: number;
  readonly stream: number;
}

/** Fills weights before training. */
export interface Initializer {
  fill(runner: Runner, weights: Tensor, context: InitializerContext): void;
}
