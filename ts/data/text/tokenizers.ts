// @internal
import { BlasnetError, badArgument, reasonOf } from '../../core/errors.js';
import { requirePackage } from '../../core/own-package.js';
import type { TextEncoding, TextTokenizer } from './text-encoding.js';

/** Cuts texts into words or characters. */
export type Cut = (text: string) => readonly string[];

/** Blanks end words in all languages. */
const blanks = /[ \t\r\n]+/;
/** A piece that is one word between marks, as any segmenter would find: most of a text in English, and ten times as fast. */
const simple = /^["'([{]*([A-Za-z0-9]+)[.,!?;:"')\]}]*$/;

/**
 * The function that cuts texts.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a language that has no such name
 */
export function cutFor(
  tokenizer: 'words' | 'characters',
  { lowerCase, locale }: Pick<TextEncoding, 'lowerCase' | 'locale'>,
): Cut {
  const plain = (text: string) => {
    const normal = text.normalize('NFC');
    if (!lowerCase) return normal;
    // Without a language, not that of the machine.
    return locale === undefined ? normal.toLowerCase() : normal.toLocaleLowerCase(locale);
  };
  requireLocale(locale);
  if (tokenizer === 'characters') return (text) => Array.from(plain(text));
  const segmenter = new Intl.Segmenter(locale ?? 'en', { granularity: 'word' });
  return (text) => {
    const words: string[] = [];
    for (const piece of plain(text).split(blanks)) {
      const word = simple.exec(piece)?.[1];
      if (word !== undefined) words.push(word);
      else for (const { segment, isWordLike } of segmenter.segment(piece)) if (isWordLike) words.push(segment);
    }
    return words;
  };
}

function requireLocale(locale: string | undefined): void {
  if (locale === undefined) return;
  try {
    Intl.getCanonicalLocales(locale);
  } catch {
    throw badArgument('locale', "the name of a language, such as 'en'", locale);
  }
}

/** The numbers of a text's tokens by a tokenizer.json, from 0 on. */
export interface FileTokenizer {
  ids(text: string): readonly number[];
  /** The greatest number + 1. */
  readonly count: number;
}

interface HuggingFace {
  readonly Tokenizer: new (
    json: object,
    config: object,
  ) => {
    encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: readonly number[] };
    get_vocab?(withAdded?: boolean): ReadonlyMap<string, number> | Readonly<Record<string, number>>;
  };
}

/** Large ones take a second. */
const known = new WeakMap<object, FileTokenizer>();

/**
 * The tokenizer of a tokenizer.json.
 * @throws BlasnetError `ERR_NATIVE_LOAD` without the package @huggingface/tokenizers, `ERR_BAD_ARGUMENT` for contents that it
 *   cannot read
 */
export function fileTokenizer({ json }: Exclude<TextTokenizer, string>): FileTokenizer {
  const made = known.get(json) ?? newTokenizer(json);
  known.set(json, made);
  return made;
}

function newTokenizer(json: Readonly<Record<string, unknown>>): FileTokenizer {
  const { Tokenizer } = loaded();
  const unreadable = (cause: unknown) => badArgument('tokenizer', 'the contents of a tokenizer.json', reasonOf(cause));
  let count: number;
  let tokenizer: InstanceType<HuggingFace['Tokenizer']>;
  try {
    tokenizer = new Tokenizer(json, {});
    count = 1 + greatestId(json);
    tokenizer.encode('a b', { add_special_tokens: false });
  } catch (cause) {
    throw unreadable(cause);
  }
  if (!(Number.isSafeInteger(count) && count > 0 && count < 2 ** 31 - 2)) throw unreadable(`${count} tokens`);
  return {
    count,
    ids(text) {
      const { ids } = tokenizer.encode(text, { add_special_tokens: false });
      if (ids.every((id) => Number.isInteger(id) && id >= 0 && id < count)) return ids;
      throw unreadable('tokens without numbers');
    },
  };
}

/** The greatest number of a token. */
function greatestId({ model, added_tokens }: Readonly<Record<string, unknown>>): number {
  const { vocab } = model as { readonly vocab: Readonly<Record<string, number>> | readonly unknown[] };
  const added = ((added_tokens ?? []) as readonly { readonly id: number }[]).map(({ id }) => id);
  const ids = Array.isArray(vocab) ? [vocab.length - 1] : Object.values(vocab as Readonly<Record<string, number>>);
  return [...added, ...ids].reduce((most, id) => Math.max(most, id), -1);
}

let library: HuggingFace | undefined;

/** Loads the package at once: a net that was loaded is ready for its first text. */
function loaded(): HuggingFace {
  try {
    library ??= requirePackage('@huggingface/tokenizers') as HuggingFace;
    return library;
  } catch (cause) {
    const message =
      'Expected the optional package @huggingface/tokenizers for a tokenizer.json but received an error when loading it; ' +
      `run \`npm install @huggingface/tokenizers\` (${reasonOf(cause)})`;
    throw new BlasnetError('ERR_NATIVE_LOAD', message, { cause });
  }
}
