import { listed } from '../../data/csv/columns.js';
import { UsageError } from '../output.js';

/** The columns of the rows that are written in front of the answers, and a row of cells for each row. */
export interface KeptColumns {
  readonly names: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * Picks the columns that are kept.
 * @param keep - names of columns; true for all; undefined for none
 * @param names - of all columns of the rows; undefined for rows without names
 * @throws UsageError for a column that is not in the rows, and for rows without names
 */
export function keptColumns(
  keep: true | readonly string[] | undefined,
  names: readonly string[] | undefined,
  cells: readonly Readonly<Record<string, unknown>>[] | undefined,
  data: string,
): KeptColumns | undefined {
  if (keep === undefined) return undefined;
  if (!names || !cells) throw new UsageError(`--keep is for rows with named columns, which '${data}' does not have`);
  const kept = keep === true ? names : keep;
  const unknown = kept.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--keep: Expected columns of '${data}' (${listed(names)}) but received '${unknown}'`);
  }
  return {
    names: kept,
    rows: cells.map((row) => kept.map((name) => (Object.hasOwn(row, name) ? row[name] : undefined))),
  };
}
