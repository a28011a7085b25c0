import { badArgument } from '../../core/errors.js';
import type { RowCells } from '../csv-options.js';
import type { ColumnEncoding } from './column-encoding.js';

/** Raw rows of a net that takes a text alone: one, or several. */
export type Texts = string | readonly string[];

/** Whether rows are a text, or a list of texts. */
export function areTexts(rows: unknown): rows is Texts {
  return (
    typeof rows === 'string' || (Array.isArray(rows) && rows.length > 0 && rows.every((row) => typeof row === 'string'))
  );
}

/**
 * Texts as rows of cells by column name.
 * @param columns - those that the net takes
 * @throws BlasnetError `ERR_BAD_ARGUMENT` unless they are a single column of texts
 */
export function cellsOfTexts(texts: Texts, columns: readonly ColumnEncoding[] | undefined): readonly RowCells[] {
  const [column, ...others] = columns ?? [];
  if (column?.encoding !== 'text' || others.length > 0) {
    const expected = columns ? `cells of ${columns.map(({ name }) => name).join(', ')}` : 'numbers';
    throw badArgument('rows', `${expected}, since the net does not take a text alone,`, texts);
  }
  return (typeof texts === 'string' ? [texts] : texts).map((text) => ({ [column.name]: text }));
}
