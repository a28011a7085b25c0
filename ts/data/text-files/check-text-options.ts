// @internal
import { badArgument } from '../../core/errors.js';
import { checkOptions, fieldsOf, isFields, oneOf, repeated } from '../../core/fields.js';
import { checkCsvOptions } from '../csv/check-options.js';
import type { TextOptions } from '../text-options.js';

/** Of vocabulary and hashing. */
const most = 2 ** 24;

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown, of another type, or beside one that it contradicts */
export function checkTextOptions(options: TextOptions): void {
  checkOptions(options, [
    ...(['train', 'test', 'text', 'label', 'header', 'delimiter', 'quote', 'comment', 'encoding'] as const),
    ...(['split', 'validation', 'seed', 'tokenizer', 'lowerCase', 'locale', 'vocabularySize', 'minCount'] as const),
    ...(['vocabulary', 'hashing', 'features', 'weights', 'maxLength', 'keep', 'labels'] as const),
  ]);
  const { header, delimiter, quote, comment, encoding, text, label } = options;
  checkCsvOptions({ header, delimiter, quote, comment, encoding });
  for (const [name, column] of Object.entries({ text, label })) {
    const isColumn = column === undefined || typeof column === 'string' || Number.isInteger(column);
    if (!isColumn) throw badArgument(name, 'a column', column);
  }
  const { train, test, split, features, weights, keep, labels, lowerCase, locale } = options;
  for (const [name, path] of Object.entries({ train, test })) {
    const isPath = (typeof path === 'string' && path !== '') || (name === 'test' && path === undefined);
    if (!isPath) throw badArgument(name, 'the name of a file or folder', path);
  }
  if (split !== undefined && test !== undefined) throw badArgument('split', 'no test file beside it', test);
  for (const name of ['split', 'validation', 'seed', 'vocabularySize', 'minCount', 'hashing', 'maxLength'] as const) {
    requireNumber(name, options[name]);
  }
  if (lowerCase !== undefined && typeof lowerCase !== 'boolean')
    throw badArgument('lowerCase', 'true or false', lowerCase);
  if (locale !== undefined && typeof locale !== 'string') throw badArgument('locale', 'a string', locale);
  if (features !== undefined) oneOf('features', ['tokens', 'bag', 'pairs'], features);
  if (weights !== undefined) oneOf('weights', ['tfIdf', 'tf'], weights);
  if (keep !== undefined) oneOf('keep', ['start', 'end'], keep);
  if (labels !== undefined) oneOf('labels', ['oneHot', 'binary', 'number'], labels);
  checkTokens(options);
  const isTokens = (features ?? 'tokens') === 'tokens';
  if (isTokens && weights !== undefined) throw badArgument('weights', "nothing, for features of 'tokens',", weights);
  if (!isTokens && keep !== undefined) throw badArgument('keep', "nothing but for features of 'tokens'", keep);
  if (features === 'bag' && options.maxLength !== undefined) {
    throw badArgument('maxLength', "nothing, for features of a 'bag',", options.maxLength);
  }
}

function requireNumber(name: string, value: unknown): void {
  if (value === undefined) return;
  if (name === 'split' || name === 'validation') {
    if (typeof value === 'number' && Number.isFinite(value)) return;
    throw badArgument(name, 'a share such as 0.2, or a divisor above 1 such as 5,', value);
  }
  const least = name === 'seed' ? 0 : 1;
  const isCount =
    Number.isSafeInteger(value) && (value as number) >= least && (name === 'seed' || (value as number) <= most);
  if (!isCount)
    throw badArgument(name, `a whole number from ${least} to ${name === 'seed' ? '2^53 - 1' : most}`, value);
}

/** Checks what tokens there are and where their numbers come from. */
function checkTokens({
  tokenizer,
  vocabulary,
  vocabularySize,
  minCount,
  hashing,
  lowerCase,
  locale,
}: TextOptions): void {
  if (tokenizer !== undefined && !isFields(tokenizer)) oneOf('tokenizer', ['words', 'characters'], tokenizer);
  if (vocabulary !== undefined) {
    const isList =
      Array.isArray(vocabulary) && vocabulary.length > 0 && vocabulary.every((one) => typeof one === 'string');
    if (!isList) throw badArgument('vocabulary', 'a list of strings', vocabulary);
    const twice = repeated(vocabulary);
    if (twice !== undefined) throw badArgument('vocabulary', 'each token once', twice);
  }
  const made = Object.entries({ vocabularySize, minCount });
  const others = Object.entries({ vocabulary, hashing });
  const refuse = (entries: readonly (readonly [string, unknown])[], beside: string) => {
    const given = entries.find(([, value]) => value !== undefined);
    if (given) throw badArgument(given[0], `nothing, beside ${beside},`, given[1]);
  };
  if (isFields(tokenizer)) {
    const { file } = fieldsOf('tokenizer', tokenizer, ['file']);
    if (typeof file !== 'string' || file === '') throw badArgument('tokenizer.file', 'the name of a file', file);
    refuse([...made, ...others, ...Object.entries({ lowerCase, locale })], 'the tokenizer of a file');
  }
  if (vocabulary !== undefined) refuse([...made, ['hashing', hashing]], 'a vocabulary');
  if (hashing !== undefined) refuse(made, 'hashing');
}
