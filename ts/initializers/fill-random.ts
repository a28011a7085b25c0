// @internal
import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import type { InitializerContext } from './initializer.js';

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
