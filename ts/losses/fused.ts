// @internal
import type { Tape } from '../ops/tape.js';
import type { Value } from '../ops/value.js';
import type { Operand } from '../runtime/runner.js';
import type { RuntimeScalars } from '../runtime/runtime-scalars.js';
import type { Tensor } from '../tensor/tensor.js';

/** A loss by one kernel that adds it to the sums, and whose gradient by some value is scale · (output − target). */
export interface FusedLoss {
  /** The value in which the backward pass begins: the output, or the logits that it was made of. */
  readonly seed: Value;
  /** Runs the kernel. */
  pass(tape: Tape, target: Tensor, classWeights: Operand, scalars: RuntimeScalars): void;
}
