// @internal
import type { Tensor } from '../../tensor/tensor.js';
import type { ColumnEncoding } from '../preparation/column-encoding.js';
import type { WindowPreparation } from '../preparation/preparation.js';

/** The series of a reader, with the names of their columns. */
export interface ReaderSeries {
  readonly series: readonly { readonly name: string; readonly features: Tensor; readonly targets: Tensor }[];
  readonly targetNames: readonly string[];
  /** How cells of rows by column name become features; undefined where these have no names. */
  readonly columns: readonly ColumnEncoding[] | undefined;
  readonly order?: WindowPreparation['order'];
}
