import { badArgument } from '../../core/errors.js';
import { type Fields, fieldsOf, isFields, oneOf, repeated } from '../../core/fields.js';
import { definedFields } from '../../core/objects.js';
import { numberingOf } from '../text/text-encoder.js';
import type { TextEncoding, TextTokenizer } from '../text/text-encoding.js';
import type { ColumnEncoding } from './column-encoding.js';

const mostNumbers = 2 ** 31 - 3;

/** Checks a column of texts, which may come from a file, and returns a frozen copy. */
export function textColumn(value: Fields, where: string): ColumnEncoding {
  const { name, text, missingCells, missing } = fieldsOf(where, value, [
    ...['name', 'encoding', 'text', 'missingCells', 'missing'],
  ]);
  if (typeof name !== 'string') throw badArgument(`${where}.name`, 'a string', name);
  if (!Array.isArray(missingCells) || missingCells.length > 0) {
    throw badArgument(`${where}.missingCells`, 'an empty list, for texts,', missingCells);
  }
  if (missing !== 'error') throw badArgument(`${where}.missing`, "'error', for texts,", missing);
  const encoding = textEncodingOf(`${where}.text`, text);
  return Object.freeze({ name, encoding: 'text', text: encoding, missingCells: Object.freeze([]), missing });
}

function textEncodingOf(where: string, value: unknown): TextEncoding {
  const known = ['tokenizer', 'lowerCase', 'locale', 'vocabulary', 'hashing', 'as', 'length', 'keep', 'idf'];
  const fields = fieldsOf(where, value, known) as Fields;
  const { lowerCase, locale, hashing, length, keep } = fields;
  const tokenizer = tokenizerOf(`${where}.tokenizer`, fields.tokenizer);
  const isFile = typeof tokenizer === 'object';
  if (typeof lowerCase !== 'boolean') throw badArgument(`${where}.lowerCase`, 'true or false', lowerCase);
  if (locale !== undefined && typeof locale !== 'string') throw badArgument(`${where}.locale`, 'a string', locale);
  if (hashing !== undefined) requireCount(`${where}.hashing`, hashing);
  requireCount(`${where}.length`, length);
  const vocabulary =
    fields.vocabulary === undefined ? undefined : vocabularyOf(`${where}.vocabulary`, fields.vocabulary);
  if ([isFile, hashing !== undefined, vocabulary !== undefined].filter(Boolean).length !== 1) {
    const expected = 'one of vocabulary, hashing and the tokenizer of a file';
    throw badArgument(where, expected, vocabulary && hashing !== undefined ? 'several' : 'none or several');
  }
  const as = oneOf(`${where}.as`, ['tokens', 'bag', 'words', 'weights'], fields.as);
  if (keep !== undefined) oneOf(`${where}.keep`, ['start', 'end'], keep);
  const encoding: TextEncoding = {
    ...{ tokenizer, lowerCase, as, length: length as number },
    ...(definedFields({ locale, hashing, keep, vocabulary }) as Partial<TextEncoding>),
  };
  const width = numberingOf(encoding).count - 2;
  if (as === 'bag' && width !== length)
    throw badArgument(`${where}.length`, `${width}, a number for each token,`, length);
  if (fields.idf === undefined) return Object.freeze(encoding);
  return Object.freeze({ ...encoding, idf: frequenciesOf(`${where}.idf`, fields.idf, width) });
}

function tokenizerOf(where: string, value: unknown): TextTokenizer {
  if (!isFields(value)) return oneOf<'words' | 'characters'>(where, ['words', 'characters'], value);
  const { json } = fieldsOf(where, value, ['json']);
  if (!isFields(json)) throw badArgument(`${where}.json`, 'the contents of a tokenizer.json', json);
  return Object.freeze({ json });
}

function requireCount(where: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < mostNumbers) return;
  throw badArgument(where, 'a whole number above 0', value);
}

function vocabularyOf(where: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((token) => typeof token === 'string')) {
    throw badArgument(where, 'a list of strings', value);
  }
  const twice = repeated(value as string[]);
  if (twice !== undefined) throw badArgument(where, 'each token once', twice);
  return Object.freeze([...(value as string[])]);
}

function frequenciesOf(where: string, value: unknown, count: number): readonly number[] {
  const isList =
    Array.isArray(value) && value.length === count && value.every((one) => Number.isFinite(one) && one > 0);
  if (!isList) throw badArgument(where, `a list of ${count} numbers above 0`, value);
  return Object.freeze([...(value as number[])]);
}
