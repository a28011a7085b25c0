// @internal
import type { Node } from '../../graph/node.js';
import type { ConstantValue } from './constant.js';
import type { Length } from './recorder.js';

/** Numbers that the net computes. */
export interface RowsValue {
  readonly kind: 'rows';
  readonly node: Node;
  /**
   * The dimension that counts the rows in the model, where it is not the first one: a Transpose may move it for a while. In the
   * net the rows stay in front.
   */
  readonly rowsAt?: number;
  /** Whether they are the whole numbers of an int32 input, which only Gather reads. */
  readonly isIndex?: boolean;
  /** Whether the model has them as truth values; here they are 0 and 1. */
  readonly isTruth?: boolean;
}

/** Whole numbers: of a shape, indices, or of anything computed from these. */
export interface IntegersValue {
  readonly kind: 'integers';
  readonly shape: readonly number[];
  readonly values: readonly Length[];
  readonly isTruth?: boolean;
}

/** A value of the graph import. */
export type GraphValue = RowsValue | ConstantValue | IntegersValue;

/** How messages call a value. */
export function kindOf(value: GraphValue): string {
  if (value.kind === 'rows' && value.isIndex) return 'the whole numbers of an input';
  return value.kind === 'rows' ? 'rows that the net computes' : value.kind === 'constant' ? 'a constant' : 'integers';
}
