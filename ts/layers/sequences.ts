// @internal
import { shapeMismatch } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedShape } from '../tensor/tensor.js';
import type { RowShape } from './layer.js';

/** Shape of a row that is a sequence. */
export type SequenceShape = readonly [steps: number, features: number];

/** @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows that are no sequences, `ERR_BAD_ARGUMENT` for what is no shape */
export function sequenceIn(row: RowShape): SequenceShape {
  checkedShape(row, 'input');
  checkedShape(row, 'input');
  if (row.length === 2 && row[0]! > 0 && row[1]! > 0) return row as SequenceShape;
  throw shapeMismatch('input', 'rows of shape [steps, features]', `rows of shape [${row.join(', ')}]`);
}

/** x of [m, steps, features] where the mask has 1, and `other` where it has 0. */
export function whereMasked(ops: Ops, x: Value, mask: Value, other: number): Value {
  return ops.where(ops.reshape(mask, [...mask.shape, 1]), x, other);
}
