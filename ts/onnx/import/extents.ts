// @internal
import { sizeOf } from '../../tensor/tensor.js';
import type { Length } from './recorder.js';

/** A dimension of the model: a length, the number of rows, or a multiple of it, such as that of the heads of all rows. */
export type Extent = Length | `${number}·rows`;

/** Whether a dimension holds the rows. */
export const holdsRows = (extent: Extent): extent is Exclude<Extent, number> => typeof extent === 'string';

/** So many times the number of rows. */
export const rowsTimes = (times: number): Extent => (times === 1 ? 'rows' : `${times}·rows`);

/** How many times the number of rows a dimension has. */
export const timesOf = (extent: Exclude<Extent, number>): number =>
  extent === 'rows' ? 1 : Number(extent.slice(0, extent.indexOf('·')));

/** The product of dimensions, of which one at most holds the rows. */
export function productOf(extents: readonly Extent[]): Extent {
  const size = sizeOf(extents.map((extent) => (holdsRows(extent) ? timesOf(extent) : extent)));
  return extents.some(holdsRows) ? rowsTimes(size) : size;
}
