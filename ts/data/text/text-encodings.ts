// @internal
import { BlasnetError, badArgument, placed } from '../../core/errors.js';
import { isFields } from '../../core/fields.js';
import { badFile, readFileBytes } from '../../core/files.js';
import { definedFields } from '../../core/objects.js';
import { isTooDense, MOST_ONE_HOT, sizeText } from '../one-hot-limit.js';
import type { TextOptions } from '../text-options.js';
import { countsOf, type Numbering, numberingOf, type TokenNumbering } from './text-encoder.js';
import type { TextEncoding, TextTokenizer } from './text-encoding.js';
import { cutFor } from './tokenizers.js';
import { inverseFrequencies, vocabularyOf } from './vocabulary.js';

/** The most tokens of a text where no option gives them. */
const usualLength = 512;
const usualVocabulary = 20_000;
/** The number of the first token. */
const first = 2;

/**
 * The tokenizer of the options, with the contents of its file.
 * @throws BlasnetError `ERR_BAD_FILE` for a file that is no tokenizer.json, `ERR_NATIVE_LOAD` without the package that reads it
 */
export async function tokenizerIn({ tokenizer = 'words' }: TextOptions): Promise<TextTokenizer> {
  if (typeof tokenizer !== 'object') return tokenizer;
  const { file } = tokenizer;
  const text = new TextDecoder().decode(await readFileBytes(file, 'JSON'));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw badFile(`'${file}'`, 'JSON', (cause as Error).message, cause);
  }
  if (!isFields(json)) throw badFile(`'${file}'`, 'the contents of a tokenizer.json', 'other JSON');
  try {
    numberingOf({ tokenizer: { json }, lowerCase: false });
  } catch (cause) {
    if (!(cause instanceof BlasnetError) || cause.code !== 'ERR_BAD_ARGUMENT') throw cause;
    throw new BlasnetError('ERR_BAD_FILE', placed(cause, `'${file}'`).message, { cause });
  }
  return { json };
}

/**
 * Chooses the numbers of tokens: by a vocabulary, hashing, or the file of a tokenizer.
 * @param texts - the training texts, from which the vocabulary comes
 */
export function textNumbering(
  options: TextOptions,
  tokenizer: TextTokenizer,
  texts: readonly string[],
): TokenNumbering {
  const { lowerCase = true, locale, hashing, vocabularySize = usualVocabulary, minCount = 1 } = options;
  if (typeof tokenizer === 'object') return { tokenizer, lowerCase: false };
  const how = { tokenizer, lowerCase, ...definedFields({ locale, hashing }) };
  if (hashing !== undefined) return how;
  const { vocabulary = vocabularyOf(texts, cutFor(tokenizer, how), vocabularySize, minCount) } = options;
  if (vocabulary.length > 0) return { ...how, vocabulary };
  throw badArgument('the training texts', `a token that occurs at least ${minCount} times`, 'none');
}

/**
 * How texts become the rows of each input, by its name.
 * @param texts - the training texts, from which lengths and weights come
 */
export function textEncodings(
  options: TextOptions,
  numbering: TokenNumbering,
  { numbersOf, count }: Numbering,
  texts: readonly string[],
): Readonly<Record<string, TextEncoding>> {
  const { features = 'tokens', weights = 'tfIdf', maxLength, keep = 'start' } = options;
  const tokens = count - first;
  if (features === 'tokens') {
    const length = maxLength ?? usualLengthOf(texts.map((text) => numbersOf(text).length));
    return { '': { ...numbering, as: 'tokens', length, keep } };
  }
  if (features === 'bag' && isTooDense(texts.length, tokens)) {
    const remedy = "vocabularySize and hashing make fewer, features: 'pairs' leaves zeros out";
    throw badArgument(
      'a bag of words',
      `at most ${MOST_ONE_HOT} numbers`,
      sizeText(texts.length, tokens, 'float32'),
      remedy,
    );
  }
  const counts = texts.map((text) => countsOf(numbersOf(text)));
  const frequencies = () =>
    inverseFrequencies(
      counts.map((each) => each.keys()),
      tokens,
      first,
    );
  const how = { ...numbering, ...(weights === 'tfIdf' && { idf: frequencies() }) };
  if (features === 'bag') return { '': { ...how, as: 'bag', length: tokens } };
  const length = maxLength ?? usualLengthOf(counts.map(({ size }) => size));
  return { words: { ...how, as: 'words', length }, weights: { ...how, as: 'weights', length } };
}

/** The greatest of lengths, but no more than is usual. */
function usualLengthOf(lengths: readonly number[]): number {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  return Math.min(usualLength, longest);
}
