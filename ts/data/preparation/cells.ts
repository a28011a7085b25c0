// @internal
import type { DType } from '../../tensor/tensor.js';
import type { CsvProblemKind } from '../csv-columns-error.js';

/** The reason why a cell cannot be read. A caller that knows the line and the file makes a BlasnetError of it. */
export class CellProblem extends Error {
  constructor(
    readonly expected: string,
    readonly received: string,
    readonly kind: CsvProblemKind = 'other',
  ) {
    super(`Expected ${expected} but received ${received}`);
  }
}

/** The greatest number that a dtype holds. */
export const limits: Readonly<Record<DType, number>> = {
  float32: (2 - 2 ** -23) * 2 ** 127,
  float64: Number.MAX_VALUE,
};

// Number() also takes '', blanks, '0x10' and 'Infinity'.
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** Whether text is a number in decimal notation. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** The number of a text in decimal notation; NaN for other text. */
export function toNumber(text: string): number {
  const number = Number(text);
  return Number.isNaN(number) || isDecimal(text) ? number : Number.NaN;
}

const booleans: ReadonlyMap<string, number> = new Map([
  ...(['True', 'true', 'TRUE'] as const).map((text): [string, number] => [text, 1]),
  ...(['False', 'false', 'FALSE'] as const).map((text): [string, number] => [text, 0]),
]);

/**
 * The number of a cell with that decimal mark, where True is 1 and False is 0; NaN for other text. With a decimal comma,
 * a point is not part of a number.
 */
export function numberIn(text: string, decimal: '.' | ','): number {
  const number = decimalIn(text, decimal);
  return Number.isNaN(number) ? (booleans.get(text) ?? Number.NaN) : number;
}

/** As `numberIn`, without True and False. */
export function decimalIn(text: string, decimal: '.' | ','): number {
  if (decimal === '.') return toNumber(text);
  return text.includes('.') ? Number.NaN : toNumber(text.replace(',', '.'));
}

/** Whether a text is a number with a decimal comma, such as `1,5`. */
export function hasDecimalComma(text: string): boolean {
  return text.includes(',') && !Number.isNaN(decimalIn(text, ','));
}

/** Whether a text is infinity as pandas reads and writes it. */
export function isInfinite(text: string): boolean {
  return /^[+-]?inf(?:inity)?$/i.test(text);
}

/**
 * @param cell - the text or number of the cell, for the message
 * @throws CellProblem for a number that is too large for the dtype
 */
export function requireWithin(number: number, limit: number, cell: string | number): void {
  if (Math.abs(number) > limit) throw new CellProblem(`a number of at most ±${limit}`, String(cell), 'tooLarge');
}
