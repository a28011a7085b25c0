// @internal

import type { Step } from './chain.js';
import type { ConstantValue } from './constant.js';
import type { OnnxNode } from './node.js';

/** Rows on their way through the net. */
export interface DataValue {
  readonly kind: 'data';
  readonly name: string;
  /** Of one row, as the model has it; our rows may be vectors of as many numbers. */
  readonly shape: readonly number[];
  /** The layer that it comes out of, unless something else came in between. */
  readonly step?: Step;
  /** Absent for the net's input. */
  readonly node?: OnnxNode;
}

/** One dimension: a number, or the number of rows, which only the one who asks the net knows. */
export type Dimension = number | 'rows';

/** What Shape and what is done with it give. */
export interface ShapeValue {
  readonly kind: 'shape';
  readonly dims: readonly Dimension[];
  readonly isScalar: boolean;
}

export type Value = ConstantValue | DataValue | ShapeValue;
