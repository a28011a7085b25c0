// @internal
import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';

/** The batch's weight gradients are summed in so many parts, each on one thread. */
const mostParts = 8;
/** Numbers that all parts of a gradient may take together, unless two take more. */
const partNumbers = 2 ** 21;

/** Memory for the sums over parts of a batch: [parts, numbers of the gradient]. */
export function partsOf(runner: Runner, rows: number, numbers: number): Tensor {
  const fitting = Math.max(2, Math.min(mostParts, Math.floor(partNumbers / numbers)));
  return runner.tensor([Math.max(1, Math.min(rows, fitting)), numbers]);
}
