// @internal
import type { Node } from '../../graph/node.js';
import type { ConstantValue } from './constant.js';
import type { Extent } from './extents.js';
import type { Layout } from './layout.js';

/** Numbers that the net computes. */
export interface RowsValue {
  readonly kind: 'rows';
  readonly node: Node;
  /** Where the model has the rows, unless they are its first dimension: a Transpose may move them. In the net they stay in front. */
  readonly layout?: Layout;
  /** Whether they are the whole numbers of an int32 input, which only Gather reads, or its truth values. */
  readonly isIndex?: boolean;
  /** Whether the model has them as truth values; here they are 0 and 1. */
  readonly isTruth?: boolean;
}

/** Whole numbers: of a shape, indices, or of anything computed from these. */
export interface IntegersValue {
  readonly kind: 'integers';
  readonly shape: readonly number[];
  readonly values: readonly Extent[];
  readonly isTruth?: boolean;
  /** The dimension that stands for any number of rows, all of which are the same: it has length 1 here. */
  readonly rowsAt?: number;
}

/** A value of the graph import. */
export type GraphValue = RowsValue | ConstantValue | IntegersValue;

/** How messages call a value. */
export function kindOf(value: GraphValue): string {
  if (value.kind === 'rows' && value.isIndex) return 'the whole numbers of an input';
  return value.kind === 'rows' ? 'rows that the net computes' : value.kind === 'constant' ? 'a constant' : 'integers';
}
