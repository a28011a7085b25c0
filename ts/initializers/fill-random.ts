// @internal
import { badArgument } from '../core/errors.js';
import { fieldsOf, isFields } from '../core/fields.js';
import type { Runner } from '../runtime/runner.js';
import { requireTensor, type Tensor } from '../tensor/tensor.js';
import type { InitializerContext } from './initializer.js';

/**
 * Checks what `fill` of an initialiser is given.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function checkFill(runner: Runner, weights: Tensor, context?: InitializerContext): void {
  if (!isFields(runner) || typeof runner.run !== 'function') throw badArgument('runner', 'a Runner', runner);
  requireTensor('weights', weights);
  if (context === undefined) return;
  for (const name of ['fanIn', 'fanOut'] as const) {
    const fan: unknown = fieldsOf('context', context)[name];
    if (!Number.isFinite(fan) || (fan as number) <= 0) throw badArgument(name, 'a finite number above 0', fan);
  }
}

/** Fills with draws from N(0, deviation) or, for a uniform distribution, from U(−limit, limit). */
export function fillRandom(
  runner: Runner,
  out: Tensor,
  { seed, stream }: InitializerContext,
  distribution: { readonly deviation: number } | { readonly limit: number },
): void {
  if ('deviation' in distribution) {
    runner.run('fill_normal', { out, mean: 0, deviation: distribution.deviation, seed, stream });
  } else {
    runner.run('fill_uniform', { out, low: -distribution.limit, high: distribution.limit, seed, stream });
  }
}
