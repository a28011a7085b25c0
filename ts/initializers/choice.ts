// @internal
import { badArgument } from '../errors.js';

/** An option that is one of a few words; the first is the default. */
export function choice<Word extends string>(name: string, words: readonly Word[], value: Word | undefined): Word {
  if (value === undefined) return words[0]!;
  if (!words.includes(value)) throw badArgument(name, words.map((word) => `'${word}'`).join(' or '), value);
  return value;
}
