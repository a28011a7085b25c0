// @internal
import { oneOf } from '../core/fields.js';

/** Checks an option that is one of a few words; the first is the default. */
export function choice<Word extends string>(name: string, words: readonly Word[], value: Word | undefined): Word {
  return value === undefined ? words[0]! : oneOf(name, words, value);
}
