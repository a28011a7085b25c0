import { badArgument } from './errors.js';

/** The least and the greatest number that is taken. */
export type NumberRange = readonly [low: number, high: number];

/**
 * Refuses whole numbers that are out of range.
 * @param name - of the numbers, for messages
 * @param rows - numbers with a first dimension that counts rows
 * @param firstRow - the number of the first row, for the message
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the first such number, and its row where there are several
 */
export function requireRange(
  name: string,
  { data, rows }: { readonly data: ArrayLike<number>; readonly rows: number },
  range: NumberRange | undefined,
  firstRow = 0,
): void {
  if (!range) return;
  const [low, high] = range;
  for (let i = 0; i < data.length; i++) {
    const number = data[i]!;
    if (number >= low && number <= high) continue;
    const row = firstRow + Math.floor(i / (data.length / rows));
    const place = rows > 1 || firstRow > 0 ? `row ${row} of ` : '';
    throw badArgument(`${place}${name}`, `whole numbers from ${low} to ${high}`, number);
  }
}
