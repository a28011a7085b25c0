import { badArgument } from '../errors.js';
import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';

/** What an initialiser may depend on. */
export interface InitializerContext {
  /** Numbers that each output is a sum of. */
  readonly fanIn: number;
  /** Numbers that each input has a part in. */
  readonly fanOut: number;
  readonly seed: number;
  readonly stream: number;
}

/** Fills weights before training. */
export interface Initializer {
  fill(runner: Runner, weights: Tensor, context: InitializerContext): void;
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

/** An option that is one of a few words; the first is the default. */
export function choice<Word extends string>(name: string, words: readonly Word[], value: Word | undefined): Word {
  if (value === undefined) return words[0]!;
  if (!words.includes(value)) throw badArgument(name, words.map((word) => `'${word}'`).join(' or '), value);
  return value;
}
