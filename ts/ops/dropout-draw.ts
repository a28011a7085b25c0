// @internal
import { badArgument } from '../core/errors.js';

/** Masks draw from sequences of their own: initialisers use those from 0 on, a small number for each layer. */
export const firstMaskStream = 2 ** 31;

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for a rate outside of [0, 1) */
export function checkedRate(name: string, rate: unknown): number {
  if (typeof rate !== 'number' || !(rate >= 0 && rate < 1)) throw badArgument(name, 'a number in [0, 1)', rate);
  return rate;
}
