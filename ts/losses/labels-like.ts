// @internal
import { shapeMismatch } from '../core/errors.js';
import type { Value } from '../ops/value.js';
import type { Tensor } from '../tensor/tensor.js';

/** The labels in the output's shape, where they are as many numbers; else as they are. */
export function labelsLike(output: Value, target: Tensor): Tensor {
  const rows = output.shape[0] ?? 1;
  if (target.rows !== rows) throw shapeMismatch('labels', `${rows} rows`, `${target.rows}`);
  const isSame = target.shape.join() === output.shape.join();
  return target.size === output.size && !isSame ? target.reshape(output.shape) : target;
}
