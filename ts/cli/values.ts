import { InvalidArgumentError } from 'commander';
import { didYouMean } from '../core/did-you-mean.js';

/** Returns a parser of whole numbers from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a whole number ${range}`);
    }
    return value;
  };
}

/** Returns a parser of finite numbers above 0, or of at least 0. */
export function positiveNumber({ orZero }: { readonly orZero: boolean }): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < 0 || (value === 0 && !orZero)) {
      throw new InvalidArgumentError(`Expected a number ${orZero ? 'of at least' : 'above'} 0`);
    }
    return value;
  };
}

/** Parses the size of a part of the rows: 0 (none), a share such as 0.2, or a whole number k for 1/k of the rows. */
export function share(text: string): number {
  const value = Number(text);
  const isNumber = /^(\d+\.?\d*|\.\d+)(e-\d+)?$/i.test(text);
  if (!isNumber || !(value < 1 || Number.isSafeInteger(value))) {
    throw new InvalidArgumentError('Expected a share above 0 and below 1, a whole number k for 1/k of the rows, or 0');
  }
  return value;
}

/** Parses a batch size: a whole number, or `all` rows. */
export function batchSize(text: string): number {
  return text === 'all' ? -1 : wholeNumber(1)(text);
}

/** Returns a parser of one of a few words, which suggests the nearest one to a word that is none of them. */
export function oneOfWords<const Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    const hint = didYouMean(text, words);
    throw new InvalidArgumentError(`Expected ${words.join(', ')}${hint === undefined ? '' : `; ${hint}`}`);
  };
}

/** Parses an option that may be given several times. */
export function collected(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

/** Splits `name=value`, such as `age=median`. A name may hold `=`, a value may not. */
export function pairOf(text: string): readonly [name: string, value: string] | undefined {
  const at = text.lastIndexOf('=');
  return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : undefined;
}
