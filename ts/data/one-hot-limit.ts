// @internal
import type { DType } from '../tensor/tensor.js';

/**
 * The most numbers that one-hot encoding may make of a set's rows: 2 GiB of float32. What is no category (ids, prices)
 * asks for as many columns as there are rows, and a file of 300 kB for 3.6 GB.
 */
export const MOST_ONE_HOT = 2 ** 29;

/** Whether rows of so many one-hot columns are more than that. */
export function isTooDense(rows: number, columns: number): boolean {
  return rows * columns > MOST_ONE_HOT;
}

/** How large a table is, for messages: `30000 rows × 30000 columns, 3.6 GB`. */
export function sizeText(rows: number, columns: number, dtype: DType): string {
  const gigabytes = (rows * columns * (dtype === 'float32' ? 4 : 8)) / 1e9;
  return `${rows} rows × ${columns} columns, ${Number(gigabytes.toPrecision(2))} GB`;
}
