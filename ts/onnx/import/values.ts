// @internal

import type { Step } from './chain.js';
import type { ConstantValue } from './constant.js';
import type { OnnxNode } from './node.js';

/** Rows somewhere in the net. */
export interface DataValue {
  readonly kind: 'data';
  readonly name: string;
  /** Of one row, as the model has it; the rows of the net may be vectors of as many numbers. */
  readonly shape: readonly number[];
  /** The zeros that Pad has put around images. A layer with windows takes them as its own padding. */
  readonly zeros?: Zeros;
  /** The layer whose output it is; absent where other nodes stand in between. */
  readonly step?: Step;
  /** Absent for the input of the net. */
  readonly node?: OnnxNode;
}

export type Zeros = readonly [top: number, left: number, bottom: number, right: number];

/** One dimension: a number, or the number of rows, which is known only when the net predicts. */
export type Dimension = number | 'rows';

/** The output of Shape, and of operators that compute with it. */
export interface ShapeValue {
  readonly kind: 'shape';
  readonly dims: readonly Dimension[];
  readonly isScalar: boolean;
}

export type Value = ConstantValue | DataValue | ShapeValue;
