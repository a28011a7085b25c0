// @internal
import type { RowShape } from '../layers/layer.js';
import type { Part } from './data-reader.js';

/** Training rows that come in pieces, in order, the same each epoch. */
export interface RowStream {
  /** Rows of an epoch. */
  readonly count: number;
  readonly xShape: RowShape;
  readonly yShape: RowShape;
  /** One epoch, normalised, in parts of any row count. */
  open(): AsyncIterator<Part>;
}
