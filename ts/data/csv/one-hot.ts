// @internal
import { BlasnetError, clipped } from '../../core/errors.js';
import type { DType } from '../../tensor/tensor.js';
import { isTooDense, MOST_ONE_HOT, sizeText } from '../one-hot-limit.js';
import type { CsvColumn } from './column.js';
import { MOST_COLUMNS } from './columns.js';

const REMEDY = "ignore the column, number it by categorical 'number', or let transform make fewer names of it";

/**
 * Refuses one-hot columns that would take more memory than is sensible, before any of it is taken.
 * @param columns - of the features, read to the end of the training file
 * @param rows - of the training and test set together
 * @param path - of the training file, for the message
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the column with the most names
 */
export function requireNotTooDense(
  columns: readonly CsvColumn[],
  rows: number,
  { path, dtype }: { readonly path: string; readonly dtype: DType },
): void {
  const encoded = columns.filter(({ encoding }) => encoding === 'oneHot');
  const width = encoded.reduce((sum, column) => sum + namesOf(column), 0);
  const isDense = isTooDense(rows, width);
  if (encoded.length === 0 || !(isDense || columns.length - encoded.length + width > MOST_COLUMNS)) return;
  const largest = encoded.reduce((most, column) => (namesOf(column) > namesOf(most) ? column : most));
  const expected = isDense ? `at most ${MOST_ONE_HOT} one-hot numbers` : `features of at most ${MOST_COLUMNS} columns`;
  const names = `${namesOf(largest)} names in column '${clipped(largest.name, 60)}' of '${path}'`;
  const whole = `one-hot: ${sizeText(rows, width, dtype)}`;
  const message = `Expected ${expected} for categorical but received ${names} (${whole}); ${REMEDY}`;
  throw new BlasnetError('ERR_BAD_ARGUMENT', message);
}

function namesOf({ categories }: CsvColumn): number {
  return categories?.names.length ?? 0;
}
