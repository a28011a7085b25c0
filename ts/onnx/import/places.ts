// @internal
import { badArgument } from '../../core/errors.js';

/** Limit on the places of one dimension that a node lists: each is a number in the net's files. */
const mostPlaces = 2 ** 20;

/**
 * A list of places along a dimension.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a list that would take much memory
 */
export function places(count: number, of: (i: number) => number): number[] {
  if (!(count <= mostPlaces)) throw badArgument('a dimension', `at most ${mostPlaces} numbers`, count);
  return Array.from({ length: count }, (_, i) => of(i));
}
