import { didYouMean } from './did-you-mean.js';
import { badArgument } from './errors.js';

/** A named value of an optimizer or schedule: its default, none where it must be given, and what else it may be. */
export interface Constant<Value extends number | boolean | string | undefined = number> {
  readonly default: Value | undefined;
  readonly expected: string;
  readonly isValid: (given: unknown) => given is Value;
}

/** A finite number that `holds`. */
export function number(value: number | undefined, expected: string, holds: (given: number) => boolean): Constant {
  const isValid = (given: unknown): given is number =>
    typeof given === 'number' && Number.isFinite(given) && holds(given);
  return { default: value, expected, isValid };
}

/** A part of what was before that is kept: a momentum, a decay. */
export const fraction = (value?: number) =>
  number(value, 'a number from 0 to below 1', (given) => given >= 0 && given < 1);

export const positive = (value?: number) => number(value, 'a finite number above 0', (given) => given > 0);

export const notNegative = (value?: number) => number(value, 'a finite number ≥ 0', (given) => given >= 0);

/** A share that is not 0. */
export const atMostOne = (value?: number) =>
  number(value, 'a number above 0 and at most 1', (given) => given > 0 && given <= 1);

/** A number that may be left out, where it depends on other things. */
export const optionalNumber: Constant<number | undefined> = {
  default: undefined,
  expected: 'a finite number',
  isValid: (given): given is number | undefined => given === undefined || Number.isFinite(given),
};

export const atLeastOne = (value?: number) =>
  number(value, 'a whole number above 0', (given) => Number.isSafeInteger(given) && given > 0);

/** One of a few words. */
export const word = <Word extends string>(value: Word, words: readonly Word[]): Constant<Word> => ({
  default: value,
  expected: `one of ${words.join(', ')}`,
  isValid: (given): given is Word => words.includes(given as Word),
});

/** A number of checkpoints. */
export const count = (value: number) =>
  number(value, 'a whole number ≥ 0', (given) => Number.isSafeInteger(given) && given >= 0);

export const flag = (value: boolean): Constant<boolean> => ({
  default: value,
  expected: 'true or false',
  isValid: (given) => typeof given === 'boolean',
});

/** Constants by name, such as those of an optimizer. */
export type Constants = Readonly<Record<string, Constant | Constant<boolean>>>;

/** The same, some of which are words. */
export type OptionTable = Readonly<
  Record<string, Constant | Constant<boolean> | Constant<string> | Constant<number | undefined>>
>;

/** The type of a constant's value. */
export type ValueOf<One> = One extends Constant<infer Value> ? Value : never;

/** The values of all constants: those given, else their defaults. */
export function valuesOf<Table extends OptionTable>(
  owner: string,
  constants: Table,
  given: Readonly<Record<string, unknown>>,
): { readonly [Name in keyof Table]: ValueOf<Table[Name]> } {
  const names = Object.keys(constants);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(constants, name));
  if (unknown !== undefined) {
    throw badArgument(owner, names.join(' or ') || 'no constants', unknown, didYouMean(unknown, names));
  }
  const entries = Object.entries(constants).map(([name, { default: value, expected, isValid }]) => {
    const chosen = given[name] ?? value;
    if (!isValid(chosen)) throw badArgument(`${owner}'s ${name}`, expected, chosen);
    return [name, chosen] as const;
  });
  return Object.fromEntries(entries) as { readonly [Name in keyof Table]: ValueOf<Table[Name]> };
}

/** The smallest numbers that kernels do not take for 0: they flush denormal ones. */
const leastNormal: Readonly<Record<'float32' | 'float64', number>> = { float32: 2 ** -126, float64: 2 ** -1022 };

/**
 * Refuses a number above 0 that keeps a divisor from 0 where it would be 0 in the arithmetic of that dtype.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function requireAboveZero(name: string, value: number, dtype: 'float32' | 'float64'): void {
  if (value >= leastNormal[dtype]) return;
  throw badArgument(name, `at least ${leastNormal[dtype]}, as ${dtype} needs,`, value);
}
