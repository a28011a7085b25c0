import type { CategoryEncoding } from '../data/csv-options.js';

/** How the cells of one column become numbers of a row: what a CSV file taught. Plain JSON. */
export interface ColumnEncoding {
  readonly name: string;
  /** 'none': a cell is a number, and stays that; else it is one of the categories. */
  readonly encoding: 'none' | CategoryEncoding;
  /** The names that there are, in order: a column of 0 and 1 for each where `encoding` is 'oneHot'. */
  readonly categories?: readonly string[];
  /** What becomes of another name: an error, or zeros in all columns of 'oneHot'. */
  readonly unknown?: 'error' | 'zeros';
  /** What cells count as missing. */
  readonly missingCells: readonly string[];
  /** What becomes of them: an error, what becomes of an unknown name, a number, or one of the categories. */
  readonly missing: 'error' | 'unknown' | { readonly fill: number } | { readonly category: string };
}

/** How many numbers of a row a column makes. */
export function widthOf({ encoding, categories }: ColumnEncoding): number {
  return encoding === 'oneHot' ? categories!.length : 1;
}
