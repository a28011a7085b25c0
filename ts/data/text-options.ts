import type { CsvColumnName, CsvEncoding } from './csv-options.js';

/** Texts and their classes: CSV files, or folders. */
export interface TextFiles {
  /** A CSV file, or a folder with a folder for each class, in which each file is a text in UTF-8. */
  readonly train: string;
  /** The test set, in the same form. */
  readonly test?: string | undefined;
  /** The columns of texts and of classes in CSV files; default 'text' and 'label'. */
  readonly text?: CsvColumnName | undefined;
  readonly label?: CsvColumnName | undefined;
  /** As in `CsvOptions`. */
  readonly header?: boolean | readonly string[] | undefined;
  readonly delimiter?: string | undefined;
  readonly quote?: string | false | undefined;
  readonly comment?: string | undefined;
  readonly encoding?: CsvEncoding | undefined;
}

/** How texts become rows. */
export interface TextOptions extends TextFiles {
  /**
   * Takes the test set, and the validation set, from the training texts at random, by the seed. Below 1 a share, above 1 a
   * divisor: 0.2 and 5 are a fifth. Default: none.
   */
  readonly split?: number | undefined;
  readonly validation?: number | undefined;
  /** Of the splits; default 0. */
  readonly seed?: number | undefined;
  /**
   * The tokens of a text: its words (default), as the platform's Intl.Segmenter finds them, without punctuation; its characters;
   * or those of a tokenizer.json of Hugging Face, by the optional package @huggingface/tokenizers.
   */
  readonly tokenizer?: 'words' | 'characters' | { readonly file: string } | undefined;
  /** Whether letters become small; default true. */
  readonly lowerCase?: boolean | undefined;
  /** The language whose words are found, and whose letters become small: 'en', 'ja', …. */
  readonly locale?: string | undefined;
  /** How many tokens the vocabulary has at the most, the most frequent of the training texts; default 20,000. */
  readonly vocabularySize?: number | undefined;
  /** How often a token must occur in the training texts to be in the vocabulary; default 1. */
  readonly minCount?: number | undefined;
  /** A vocabulary to be used instead of that of the training texts. */
  readonly vocabulary?: readonly string[] | undefined;
  /** Hashes tokens to so many numbers, instead of a vocabulary. */
  readonly hashing?: number | undefined;
  /**
   * 'tokens' (default): the numbers of a text's tokens in order, as int32 of shape [maxLength], padded with 0 at the end, for an
   * embedding. 'bag': a weight for each token of the vocabulary, as floats. 'pairs': the same without zeros, as two inputs,
   * 'words' (int32, padded with 0) and 'weights', of the length of the longest row.
   */
  readonly features?: 'tokens' | 'bag' | 'pairs' | undefined;
  /**
   * The weights of 'bag' and 'pairs': counts times inverse document frequencies of the training texts ('tfIdf', default), or
   * counts ('tf'); each row is scaled to length 1. They are those of scikit-learn's TfidfVectorizer.
   */
  readonly weights?: 'tfIdf' | 'tf' | undefined;
  /**
   * The most tokens of a text, or the most pairs. Default: those of the longest training text, but at most 512.
   */
  readonly maxLength?: number | undefined;
  /** The end of longer texts that is kept: 'start' (default) or 'end'. */
  readonly keep?: 'start' | 'end' | undefined;
  /**
   * The labels: 'oneHot' rows (default for more than two classes), 0 and 1 ('binary', default for two), or the numbers of the
   * classes ('number'), for the loss 'sparseCrossEntropy'.
   */
  readonly labels?: 'oneHot' | 'binary' | 'number' | undefined;
}
