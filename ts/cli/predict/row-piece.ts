import type { NamedTensors } from '../../data/named-tensors.js';
import type { Tensor } from '../../index.js';

/** A piece of the rows. */
export interface RowPiece {
  /** Encoded for `net.predict`. */
  readonly raw: Tensor | NamedTensors;
  readonly rows: number;
  /** The names of all columns, those included that the net does not need; undefined for npz and for windows. */
  readonly names?: readonly string[];
  /** The cells of each row by column name. */
  readonly cells?: readonly Readonly<Record<string, unknown>>[];
}
