import { oneOf } from '../../core/fields.js';
import { type RecurrentOptions, recurrence } from '../recurrence.js';
import type { Tape } from '../tape.js';
import type { Value } from '../value.js';

export type { RecurrentOptions } from '../recurrence.js';

/** Weights of a recurrent operation. */
export interface RecurrentWeights {
  /** features × gates·units. */
  readonly W: Value;
  /** units × gates·units, for h of the step before. */
  readonly U: Value;
  /** gates·units numbers; none by default. */
  readonly B?: Value | undefined;
}

/** Weights of `gru`. */
export interface GruWeights extends RecurrentWeights {
  /** The bias of the recurrent product, 3·units numbers; none by default. */
  readonly recurrentB?: Value | undefined;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997) over the steps of x, m × steps × features. Gates are input,
 * forget, cell, output: i, f, o = σ(xW + hU + B), g = tanh(…); c ← f·c + i·g; h = o·tanh(c).
 * @returns h of the last step, m × units, or of all steps; `states` of it are h and c after the last step
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`
 */
export function lstm(tape: Tape, x: Value, { W, U, B }: RecurrentWeights, options: RecurrentOptions = {}): Value {
  const cell = { kernel: 'lstm', gates: 4, kept: 5, hasCell: true, hasInnerBias: false } as const;
  return recurrence(tape, cell, x, { w: W, u: U, b: B }, options);
}

/**
 * Gated recurrent unit (Cho et al. 2014) over the steps of x, m × steps × features. Gates are reset, update, new:
 * r, z = σ(xW + B + hU + recurrentB); n = tanh(xWₙ + Bₙ + r·(hUₙ + recurrentBₙ)); h ← (1 − z)·n + z·h.
 * @returns h of the last step, m × units, or of all steps; `states` of it is h after the last step
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`
 */
export function gru(tape: Tape, x: Value, { W, U, B, recurrentB }: GruWeights, options: RecurrentOptions = {}): Value {
  const cell = { kernel: 'gru', gates: 3, kept: 5, hasCell: false, hasInnerBias: true } as const;
  return recurrence(tape, cell, x, { w: W, u: U, b: B, innerB: recurrentB }, options);
}

/** Options of `simpleRnn`. */
export interface SimpleRnnOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  readonly activation?: 'tanh' | 'relu' | undefined;
}

/**
 * Plain recurrent layer (Elman 1990) over the steps of x, m × steps × features: h ← f(xW + hU + B).
 * @returns h of the last step, m × units, or of all steps; `states` of it is h after the last step
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`
 */
export function simpleRnn(tape: Tape, x: Value, { W, U, B }: RecurrentWeights, options: SimpleRnnOptions = {}): Value {
  const { activation = 'tanh', ...rest } = options;
  const kernel = oneOf('activation', ['tanh', 'relu'], activation) === 'relu' ? 'simple_rnn_relu' : 'simple_rnn_tanh';
  const cell = { kernel, gates: 1, kept: 1, hasCell: false, hasInnerBias: false } as const;
  return recurrence(tape, cell, x, { w: W, u: U, b: B }, rest);
}
