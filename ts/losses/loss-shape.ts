// @internal
import { BlasnetError } from '../core/errors.js';
import { opsOn } from '../ops/ops.js';
import { ShapeRunner } from '../ops/shape-runner.js';
import { Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import type { DType } from '../tensor/tensor.js';
import type { Loss } from './loss.js';
import { requireRowNumbers } from './loss-pass.js';

/**
 * Checks that a loss gives a number for each row, without computing anything.
 * @param where - the labels' name, for messages
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for labels that do not fit the loss
 */
export function requireRowsOfLoss(
  loss: Loss,
  rowShape: readonly number[],
  labelShape: readonly number[],
  dtype: DType,
  where: string,
): void {
  const runner = new ShapeRunner(dtype);
  const rows = 2;
  const [output, target] = [rowShape, labelShape].map((shape) => new Value(runner.tensor([rows, ...shape])));
  try {
    const losses = loss.call(opsOn(new Tape(runner)), output!, target!);
    requireRowNumbers(`the result of the loss '${loss.name}' for ${rows} rows`, losses, rows);
  } catch (cause) {
    if (!(cause instanceof BlasnetError)) throw cause;
    throw new BlasnetError(cause.code, `${cause.message}, for ${where}`, { cause });
  }
}
