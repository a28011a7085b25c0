import type { RowCells } from '../csv-options.js';
import type { ColumnEncoding } from './column-encoding.js';

/** Raw rows of a net that takes a text alone: one, or several. */
export type Texts = string | readonly string[];

/** Whether the columns that a net takes are one text. */
export function areText(columns: readonly ColumnEncoding[] | undefined): boolean {
  return columns?.length === 1 && columns[0]!.encoding === 'text';
}

/**
 * The rows of cells by column name that texts stand for; other rows as they are, and texts where the net takes anything but a
 * column of texts alone.
 * @param columns - those that the net takes
 */
export function withCellsOfTexts<Rows>(
  rows: Rows | Texts,
  columns: readonly ColumnEncoding[] | undefined,
): Rows | readonly RowCells[] {
  const texts = typeof rows === 'string' ? [rows] : rows;
  const areTexts = Array.isArray(texts) && texts.length > 0 && texts.every((row) => typeof row === 'string');
  if (!areText(columns) || !areTexts) return rows as Rows;
  return texts.map((text: string) => ({ [columns![0]!.name]: text }));
}
