import type { RecurrentOptions } from '../ops/operations/index.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import type { ParameterSpecs } from './layer.js';
import { RecurrentLayer, type RecurrentLayerOptions } from './recurrent.js';
import { registerLayer } from './registry.js';

/** Options of `GruLayer`. */
export interface GruOptions extends RecurrentLayerOptions {}

/**
 * Gated recurrent unit (Cho et al. 2014) on rows of `[steps, features]`, with the reset gate behind the recurrent product,
 * as in PyTorch. Gates are reset, update, new: r, z = σ(xW + B + hU + recurrentB);
 * n = tanh(xWₙ + Bₙ + r·(hUₙ + recurrentBₙ)); h ← (1 − z)·n + z·h. W is features × 3·units, U units × 3·units, B and
 * recurrentB 1 × 3·units. A second input is h before the first step, `[units]`.
 * @example
 * ```ts
 * import { GruLayer } from 'blasnet';
 *
 * new GruLayer(32).outputShape([100, 8]); // → [ 32 ]
 * new GruLayer(32, { returnSequences: true, reverse: true }).outputShape([100, 8]); // → [ 100, 32 ]
 * ```
 */
export class GruLayer extends RecurrentLayer {
  override readonly kind = 'gru';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for units that are not a whole number above 0, and for a bad option */
  constructor(units: number, options?: GruOptions) {
    super(units, options);
  }

  protected override get gates(): number {
    return 3;
  }

  protected override biases(columns: number): ParameterSpecs {
    const bias = { shape: [1, columns], init: 0, penalized: false };
    return { B: bias, recurrentB: bias };
  }

  protected override recur(
    ops: Ops,
    x: Value,
    { W, U, B, recurrentB }: Readonly<Record<string, Value>>,
    options: RecurrentOptions,
  ): Value {
    return ops.gru(x, { W: W!, U: U!, B, recurrentB }, options);
  }
}

registerLayer('GruLayer', ({ units, ...options }) => new GruLayer(units as number, options as GruOptions));
