import { InvalidArgumentError } from 'commander';
import { wholeNumber } from '../../values.js';
import { setting } from '../settings.js';

/** The options of a file of texts and their classes. */
export const textOptions = [
  setting('texts.column', '--text <column>', 'column of texts: train a net that tells their classes, the --label'),
  setting('texts.tokenizer', '--tokenizer <name>', 'tokens: words (default), characters, or a tokenizer.json', {
    parse: tokenizerOf,
  }),
  setting(
    'texts.vocabularySize',
    '--vocabulary <tokens>',
    'most tokens that are told apart (default: 5000; with --sparse or --embedding 20000)',
    { parse: wholeNumber(1) },
  ),
  setting(
    'texts.features',
    '--embedding',
    'the mean of embeddings of the tokens, which takes less memory, instead of a bag of words (TF-IDF)',
    { convert: () => 'tokens' as const },
  ),
  setting('texts.features', '--sparse', 'bags of words without their zeros, for large vocabularies', {
    convert: () => 'pairs' as const,
    conflicts: ['embedding'],
  }),
  setting(
    'texts.maxLength',
    '--max-length <tokens>',
    'with --embedding or --sparse: most tokens of a text (default: as in the longest, at most 512)',
    { parse: wholeNumber(1) },
  ),
];

function tokenizerOf(text: string): 'words' | 'characters' | { readonly file: string } {
  if (text === 'words' || text === 'characters') return text;
  if (text.endsWith('.json')) return { file: text };
  throw new InvalidArgumentError('Expected words, characters, or a file that ends in .json');
}
