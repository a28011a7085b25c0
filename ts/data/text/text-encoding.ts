/** How a text is cut into tokens: into words, characters, or by a tokenizer.json of Hugging Face. */
export type TextTokenizer = 'words' | 'characters' | { readonly json: Readonly<Record<string, unknown>> };

/**
 * How a text becomes numbers. Plain JSON. Tokens have numbers from 2 on: 0 is padding, and 1 stands for a token that the
 * vocabulary does not have.
 */
export interface TextEncoding {
  readonly tokenizer: TextTokenizer;
  /** Whether letters become small before a text is cut; false for a tokenizer.json, which has a rule of its own. */
  readonly lowerCase: boolean;
  /** The language whose words are found: 'en', 'ja', …. */
  readonly locale?: string;
  /** The token of number 2, of number 3 and so on; absent for hashed tokens and a tokenizer.json. */
  readonly vocabulary?: readonly string[];
  /** How many numbers tokens are hashed to. */
  readonly hashing?: number;
  /**
   * 'tokens': the numbers of the tokens in order, padded with 0. 'bag': a weight for each number from 2 on. 'words' and
   * 'weights': the numbers that occur in ascending order, padded with 0, and their weights.
   */
  readonly as: 'tokens' | 'bag' | 'words' | 'weights';
  /** The count of numbers that a text makes. */
  readonly length: number;
  /** The end of a text of too many tokens that is kept. */
  readonly keep?: 'start' | 'end';
  /** The factors of the counts in a bag: inverse document frequencies. Absent: 1. */
  readonly idf?: readonly number[];
}
