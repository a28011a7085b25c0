// @internal
import type { Cut } from './tokenizers.js';

/**
 * The most frequent tokens of texts, the most frequent first; of as frequent ones the first by their letters' codes.
 * @param most - how many at the most
 * @param least - how often a token must occur
 */
export function vocabularyOf(texts: Iterable<string>, cut: Cut, most: number, least: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of texts) for (const token of cut(text)) counts.set(token, (counts.get(token) ?? 0) + 1);
  const found = [...counts].filter(([, count]) => count >= least);
  found.sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  return found.slice(0, most).map(([token]) => token);
}

/**
 * Inverse document frequencies as scikit-learn smooths them: ln((1 + n) / (1 + texts with the token)) + 1.
 * @param texts - the numbers that occur in each of the texts, each once
 * @param count - of numbers, from `first` on
 */
export function inverseFrequencies(
  texts: readonly Iterable<number>[],
  count: number,
  first: number,
): readonly number[] {
  const found = new Float64Array(count);
  for (const numbers of texts) for (const number of numbers) found[number - first]!++;
  return Array.from(found, (one) => Math.log((1 + texts.length) / (1 + one)) + 1);
}
