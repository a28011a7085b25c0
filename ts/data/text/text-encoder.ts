// @internal
import type { TensorData } from '../../tensor/tensor.js';
import { murmurHash } from './murmur.js';
import type { TextEncoding } from './text-encoding.js';
import { cutFor, fileTokenizer } from './tokenizers.js';

/** The number of tokens that the vocabulary does not have, and that of the first token which it has. */
const UNKNOWN = 1;
const FIRST = 2;

/** The parts of an encoding that turn a text into numbers of tokens. */
export type TokenNumbering = Pick<TextEncoding, 'tokenizer' | 'lowerCase' | 'locale' | 'vocabulary' | 'hashing'>;

/** Turns texts into the numbers of their tokens. */
export interface Numbering {
  /** In order, from 1 on. */
  readonly numbersOf: (text: string) => readonly number[];
  /** The greatest number + 1: how many rows an embedding needs. */
  readonly count: number;
}

/** @throws BlasnetError as `cutFor` and `fileTokenizer` do */
export function numberingOf({ tokenizer, vocabulary = [], hashing, ...how }: TokenNumbering): Numbering {
  if (typeof tokenizer === 'object') {
    const { ids, count } = fileTokenizer(tokenizer);
    return { numbersOf: (text) => ids(text).map((id) => id + FIRST), count: count + FIRST };
  }
  const cut = cutFor(tokenizer, how);
  if (hashing !== undefined) {
    return {
      numbersOf: (text) => cut(text).map((token) => FIRST + bucketOf(token, hashing)),
      count: FIRST + hashing,
    };
  }
  const numbers = new Map(vocabulary.map((token, i) => [token, FIRST + i]));
  return {
    numbersOf: (text) => cut(text).map((token) => numbers.get(token) ?? UNKNOWN),
    count: FIRST + vocabulary.length,
  };
}

/** The count of numbers of tokens. */
export function tokenCountOf({ tokenizer, vocabulary = [], hashing }: TokenNumbering): number {
  if (typeof tokenizer === 'object') return FIRST + fileTokenizer(tokenizer).count;
  return FIRST + (hashing ?? vocabulary.length);
}

/** As scikit-learn's HashingVectorizer without signs: |h| mod n, where h is a signed number. */
const bucketOf = (token: string, count: number) => Math.abs(murmurHash(token) | 0) % count;

/** The words of a text that have numbers, in ascending order, and how often each occurs. */
export function countsOf(numbers: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const number of numbers) if (number !== UNKNOWN) counts.set(number, (counts.get(number) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => a - b));
}

/** Writes texts as rows of numbers. */
export class TextWriter {
  readonly #encoding: TextEncoding;
  readonly numbering: Numbering;

  constructor(encoding: TextEncoding) {
    this.#encoding = encoding;
    this.numbering = numberingOf(encoding);
  }

  /** Writes the numbers of a text from `offset` on; the row holds zeros. */
  write(text: string, target: TensorData, offset: number): void {
    this.writeNumbers(this.numbering.numbersOf(text), target, offset);
  }

  /** The same for the numbers of a text's tokens. */
  writeNumbers(numbers: readonly number[], target: TensorData, offset: number): void {
    const { as, length, keep } = this.#encoding;
    if (as === 'tokens') {
      target.set(keep === 'end' ? numbers.slice(-length) : numbers.slice(0, length), offset);
      return;
    }
    const weights = this.#weightsOf(numbers);
    if (as === 'bag') {
      for (const [number, weight] of weights) target[offset + number - FIRST] = weight;
      return;
    }
    const kept = heaviest([...weights], length);
    for (const [i, [number, weight]] of kept.entries()) target[offset + i] = as === 'words' ? number : weight;
  }

  /** Weights by number, a vector of length 1. */
  #weightsOf(numbers: readonly number[]): ReadonlyMap<number, number> {
    const { idf } = this.#encoding;
    const weights = new Map<number, number>();
    let squares = 0;
    for (const [number, count] of countsOf(numbers)) {
      const weight = count * (idf?.[number - FIRST] ?? 1);
      weights.set(number, weight);
      squares += weight * weight;
    }
    for (const [number, weight] of weights) weights.set(number, weight / Math.sqrt(squares));
    return weights;
  }
}

/** Of too many weights the greatest, in the order of their numbers. */
function heaviest(weights: readonly (readonly [number, number])[], most: number) {
  if (weights.length <= most) return weights;
  const kept = [...weights].sort(([a, one], [b, other]) => other - one || a - b).slice(0, most);
  return kept.sort(([a], [b]) => a - b);
}
