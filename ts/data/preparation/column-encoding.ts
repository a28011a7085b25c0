import type { CategoryEncoding, DatePart } from '../csv-options.js';
import type { TextEncoding } from '../text/text-encoding.js';
import { datePartNames } from './dates.js';

/** How the cells of one column become numbers of a row, as learnt from a CSV file. Plain JSON. */
export interface ColumnEncoding {
  readonly name: string;
  /**
   * 'none': a cell is a number and stays as it is; 'date': a cell is a date; 'text': a cell is a text; else a cell is a name of a
   * category, which becomes its place in the list, or with 'index' its place + 1 and 0 for other names.
   */
  readonly encoding: 'none' | 'date' | 'text' | 'index' | CategoryEncoding;
  /** How texts become numbers. */
  readonly text?: TextEncoding;
  /** The names of the categories, in order: 'oneHot' makes a column of 0 and 1 for each. */
  readonly categories?: readonly string[];
  /** The parts of dates that become numbers. */
  readonly parts?: readonly DatePart[];
  /** The format of dates; absent for ISO dates. */
  readonly format?: string;
  /** The decimal mark of numbers in text if it is a comma. */
  readonly decimal?: ',';
  /** How another name is treated: an error, or zeros in all columns of 'oneHot'. */
  readonly unknown?: 'error' | 'zeros';
  /** The cells that count as missing. */
  readonly missingCells: readonly string[];
  /**
   * How missing cells are treated: an error; as an unknown name; a number that fills them, a date's numbers; or one of
   * the categories.
   */
  readonly missing: 'error' | 'unknown' | { readonly fill: number | readonly number[] } | { readonly category: string };
}

/** The count of numbers that a column makes in a row. */
export function widthOf({ encoding, categories, parts, text }: ColumnEncoding): number {
  if (encoding === 'text') return text!.length;
  if (encoding === 'date') return datePartNames(parts!).length;
  return encoding === 'oneHot' ? categories!.length : 1;
}
