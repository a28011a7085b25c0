import { badArgument } from '../core/errors.js';
import { checkOptions, fieldsOf } from '../core/fields.js';
import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkFill, fillRandom } from './fill-random.js';
import type { Initializer, InitializerContext } from './initializer.js';

export interface OrthogonalOptions {
  /** Multiplies the weights; default 1. */
  readonly gain?: number | undefined;
}

/**
 * A random matrix whose rows, or columns where these are fewer, are orthogonal and of length `gain`: what it multiplies
 * neither grows nor fades. Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning", 2014.
 */
export class OrthogonalInitializer implements Initializer {
  readonly #gain: number;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option, or a gain that is not a finite number */
  constructor(options: OrthogonalOptions = {}) {
    checkOptions(options, ['gain'], 'orthogonal');
    const { gain = 1 } = options;
    if (!Number.isFinite(gain)) throw badArgument('gain', 'a finite number', gain);
    this.#gain = gain;
  }

  fill(runner: Runner, weights: Tensor, context: InitializerContext): void {
    checkFill(runner, weights, fieldsOf('context', context));
    fillRandom(runner, weights, context, { deviation: 1 });
    const columns = weights.shape.at(-1) ?? 1;
    const rows = weights.size / Math.max(1, columns);
    // Vector i, number j: rows where they are at most as many as columns.
    const [count, length, at] =
      rows <= columns
        ? [rows, columns, (i: number, j: number) => i * columns + j]
        : [columns, rows, (i: number, j: number) => j * columns + i];
    const vectors = Array.from({ length: count }, (_, i) =>
      Float64Array.from({ length }, (_, j) => weights.data[at(i, j)]!),
    );
    orthonormalize(vectors);
    for (const [i, vector] of vectors.entries()) {
      for (const [j, value] of vector.entries()) weights.data[at(i, j)] = this.#gain * value;
    }
  }
}

/** Gram and Schmidt's method, twice, since once leaves the roundings of long sums. */
function orthonormalize(vectors: readonly Float64Array[]): void {
  for (const [i, vector] of vectors.entries()) {
    for (let round = 0; round < 2; round++) {
      for (const other of vectors.slice(0, i)) addTimes(-dot(vector, other), other, vector);
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let j = 0; j < vector.length; j++) vector[j]! /= length;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addTimes(factor: number, x: Float64Array, to: Float64Array): void {
  for (let i = 0; i < x.length; i++) to[i]! += factor * x[i]!;
}
