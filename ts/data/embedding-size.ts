import { badArgument } from '../core/errors.js';

/**
 * A usual size of an embedding for a column of names: min(600, round(1.6 · n^0.56)), as in fastai.
 * @param count - n, how many names there are
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but a whole number above 0
 * @example
 * ```ts
 * import { embeddingSize } from 'blasnet';
 *
 * [2, 10, 1000, 1e6].map(embeddingSize); // → [ 2, 6, 77, 600 ]
 * ```
 */
export function embeddingSize(count: number): number {
  if (!Number.isSafeInteger(count) || count < 1) throw badArgument('count', 'a whole number above 0', count);
  return Math.min(600, Math.round(1.6 * count ** 0.56));
}
