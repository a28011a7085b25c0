import { didYouMean } from './did-you-mean.js';
import { badArgument } from './errors.js';
import type { DType } from './tensor.js';

/** A named number of an optimizer or schedule: its default, none where it must be given, and what else it may be. */
export interface Constant {
  readonly default: number | undefined;
  readonly expected: string;
  readonly isValid: (value: number) => boolean;
}

/** A part of what was before that is kept: a momentum, a decay. */
export const fraction = (value?: number): Constant => ({
  default: value,
  expected: 'a number from 0 to below 1',
  isValid: (given) => given >= 0 && given < 1,
});

export const positive = (value?: number): Constant => ({
  default: value,
  expected: 'a finite number above 0',
  isValid: (given) => given > 0,
});

export const notNegative = (value?: number): Constant => ({
  default: value,
  expected: 'a finite number ≥ 0',
  isValid: (given) => given >= 0,
});

/** A share that is not 0. */
export const atMostOne = (value?: number): Constant => ({
  default: value,
  expected: 'a number above 0 and at most 1',
  isValid: (given) => given > 0 && given <= 1,
});

/** A number of checkpoints. */
export const count = (value: number): Constant => ({
  default: value,
  expected: 'a whole number ≥ 0',
  isValid: (given) => Number.isSafeInteger(given) && given >= 0,
});

/** The values of all constants: those given, else their defaults. */
export function valuesOf<Name extends string>(
  owner: string,
  constants: Readonly<Record<Name, Constant>>,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<Name, number>> {
  const names = Object.keys(constants) as Name[];
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(constants, name));
  if (unknown !== undefined) {
    throw badArgument(owner, names.join(' or ') || 'no constants', unknown, didYouMean(unknown, names));
  }
  const entries = names.map((name) => {
    const { default: value, expected, isValid } = constants[name];
    const chosen = given[name] ?? value;
    if (!(typeof chosen === 'number' && Number.isFinite(chosen) && isValid(chosen))) {
      throw badArgument(`${owner}'s ${name}`, expected, chosen);
    }
    return [name, chosen] as const;
  });
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** The smallest numbers that kernels do not take for 0: they flush denormal ones. */
const leastNormal: Readonly<Record<DType, number>> = { float32: 2 ** -126, float64: 2 ** -1022 };

/**
 * Refuses a number above 0 that keeps a divisor from 0 where it would be 0 in the arithmetic of that dtype.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function requireAboveZero(name: string, value: number, dtype: DType): void {
  if (value >= leastNormal[dtype]) return;
  throw badArgument(name, `at least ${leastNormal[dtype]}, as ${dtype} needs,`, value);
}
