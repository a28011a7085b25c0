// @internal
import type { DType } from '../../tensor.js';

/** Why a cell cannot be read. Those who know its line and file make an error of it. */
export class CellProblem extends Error {
  constructor(
    readonly expected: string,
    readonly received: string,
  ) {
    super(`Expected ${expected} but received ${received}`);
  }
}

/** The greatest number that a dtype holds. */
export const limits: Readonly<Record<DType, number>> = {
  float32: (2 - 2 ** -23) * 2 ** 127,
  float64: Number.MAX_VALUE,
};

/** Number() takes '', blanks, '0x10' and 'Infinity', too. */
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** Whether text is a number in decimal notation. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** The number that text in decimal notation says; NaN for any other. */
export function toNumber(text: string): number {
  const number = Number(text);
  return Number.isNaN(number) || isDecimal(text) ? number : Number.NaN;
}

/**
 * @param cell - what the number was read from
 * @throws CellProblem for a number that the dtype does not hold
 */
export function requireWithin(number: number, limit: number, cell: string | number): void {
  if (Math.abs(number) > limit) throw new CellProblem(`a number of at most ±${limit}`, String(cell));
}
