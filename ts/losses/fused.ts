// @internal
import type { Tape } from '../ops/tape.js';
import type { Value } from '../ops/value.js';
import type { Operand } from '../runner.js';
import type { Slots } from '../slots.js';
import type { Tensor } from '../tensor.js';

/** A loss by one kernel that adds it to the sums, and whose gradient by some value is scale · (output − target). */
export interface FusedLoss {
  /** The value in which the backward pass begins: the output, or the logits that it was made of. */
  readonly seed: Value;
  /** Runs the kernel. */
  pass(tape: Tape, target: Tensor, classWeights: Operand, slots: Slots): void;
}
