// @internal
import { badArgument } from '../core/errors.js';

/**
 * Refuses an optimizer that moves parameters without a gradient, where rows are to stay that have none.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function requireLazy({ name, leavesRows }: { readonly name: string; readonly leavesRows: boolean }): void {
  if (!leavesRows) throw badArgument('the optimizer of lazy parameters', 'adam, adamW, sgd or adaGrad', name);
}
