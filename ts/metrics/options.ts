// @internal
import { type Constant, number } from '../constants.js';
import { didYouMean } from '../did-you-mean.js';
import { badArgument } from '../errors.js';

/** One of a few words. */
export interface WordOption<Word extends string> {
  readonly default: Word;
  readonly words: readonly Word[];
}

/** An option of a metric: a number or a word. */
export type MetricOption = Constant | WordOption<string>;

/** Bounds of the share of a probability that counts as yes; other outputs than probabilities may have any. */
export const threshold = number(0.5, 'a finite number', () => true);

/** How the numbers of several classes make one. */
export const average: WordOption<'macro' | 'micro' | 'weighted'> = {
  default: 'macro',
  words: ['macro', 'micro', 'weighted'],
};

export const atLeastOne = (value: number) =>
  number(value, 'a whole number above 0', (given) => Number.isSafeInteger(given) && given > 0);

type ValueOf<Option> = Option extends WordOption<infer Word> ? Word : number;

/** The values of some options. */
export type OptionValues<Options> = { readonly [Name in keyof Options]: ValueOf<Options[Name]> };

/**
 * The values of all options: those given, else their defaults.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option, or one out of range
 */
export function optionValues<Options extends Readonly<Record<string, MetricOption>>>(
  owner: string,
  options: Options,
  given: Readonly<Record<string, unknown>>,
): OptionValues<Options> {
  const names = Object.keys(options);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw badArgument(owner, names.join(' or ') || 'no options', unknown, didYouMean(unknown, names));
  }
  const entries = names.map((name) => {
    const option = options[name]!;
    const chosen = given[name] ?? option.default;
    const isWord = 'words' in option;
    const isValid = isWord
      ? option.words.includes(chosen as string)
      : typeof chosen === 'number' && option.isValid(chosen);
    if (isValid) return [name, chosen] as const;
    throw badArgument(`${owner}'s ${name}`, isWord ? `one of ${option.words.join(', ')}` : option.expected, chosen);
  });
  return Object.fromEntries(entries) as OptionValues<Options>;
}
