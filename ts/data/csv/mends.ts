// @internal

import type { CsvMend } from '../csv-columns-error.js';
import { needsFormat } from '../preparation/date-format.js';

/** A column by name as a key of an object in TypeScript. */
const keyOf = (name: string) => (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : quoted(name));

const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** A format for dates with day and month in front; which comes first is a guess where no cell decides it. */
function formatFor(cells: readonly string[]): string {
  const [, first, mark] = /^(\d+)([/.-])/.exec(cells.find((cell) => Number.parseInt(cell, 10) > 12) ?? cells[0]!) ?? [];
  const date = (Number(first) > 12 ? ['DD', 'MM', 'YYYY'] : ['MM', 'DD', 'YYYY']).join(mark);
  const time = /[T ]\d{1,2}(:\d{2})?(:\d{2})?/.exec(cells[0]!);
  return time ? `${date}${time[0][0]}HH${time[1] ? ':mm' : ''}${time[2] ? ':ss' : ''}` : date;
}

/** The options that mend problems of columns. */
export const mends = {
  categorical: (column: string, value: 'oneHot' | 'number'): CsvMend => ({
    option: 'categorical',
    column,
    value,
    text: `categorical: { ${keyOf(column)}: '${value}' }`,
  }),
  /** @param cells - some of the dates */
  dates: (column: string, cells: readonly string[]): CsvMend => {
    const isTimed = cells.some((cell) => /[T ](?!00)\d{2}/.test(cell));
    const value = ['year', 'month', ...(isTimed ? ['hour'] : [])];
    const format = cells.some(needsFormat) ? formatFor(cells) : undefined;
    const list = `[${value.map(quoted).join(', ')}]`;
    const text = format ? `{ parts: ${list}, format: '${format}' }` : list;
    return { option: 'dates', column, value, ...(format && { format }), text: `dates: { ${keyOf(column)}: ${text} }` };
  },
  numbers: (column: string): CsvMend => ({
    option: 'categorical',
    column,
    value: undefined,
    text: 'it as numbers, without categorical',
  }),
  ignore: (column: string): CsvMend => ({
    option: 'ignore',
    column,
    value: column,
    text: `ignore: [${quoted(column)}]`,
  }),
  missing: (column: string, value: 'median' | 'category' | 'drop'): CsvMend => ({
    option: 'missing',
    column,
    value,
    text: `missing: { ${keyOf(column)}: '${value}' }`,
  }),
  missingCell: (cell: string): CsvMend => ({
    option: 'missingCells',
    value: cell,
    text: `missingCells with ${quoted(cell)}`,
  }),
  decimal: (): CsvMend => ({ option: 'decimal', value: ',', text: "decimal: ','" }),
  float64: (): CsvMend => ({ option: 'dtype', value: 'float64', text: "dtype: 'float64'" }),
  zeros: (): CsvMend => ({ option: 'unknownCategory', value: 'zeros', text: "unknownCategory: 'zeros'" }),
};
