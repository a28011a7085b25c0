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
  /** Zeros that Pad has put around images: top, left, bottom, right. A layer with windows takes them as its own padding. */
  readonly zeros?: Zeros;
  /** The layer that it comes out of, unless something else came in between. */
  readonly step?: Step;
  /** Absent for the net's input. */
  readonly node?: OnnxNode;
}

export type Zeros = readonly [top: number, left: number, bottom: number, right: number];

/** One dimension: a number, or the number of rows, which only the one who asks the net knows. */
export type Dimension = number | 'rows';

/** What Shape and what is done with it give. */
export interface ShapeValue {
  readonly kind: 'shape';
  readonly dims: readonly Dimension[];
  readonly isScalar: boolean;
}

export type Value = ConstantValue | DataValue | ShapeValue;
