import { oneOf } from '../core/fields.js';
import type { RecurrentOptions } from '../ops/operations/index.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { RecurrentLayer, type RecurrentLayerOptions } from './recurrent.js';
import { registerLayer } from './registry.js';

/** Options of `SimpleRnnLayer`. */
export interface SimpleRnnLayerOptions extends RecurrentLayerOptions {
  /** Default 'tanh'. */
  readonly activation?: 'tanh' | 'relu' | undefined;
}

/**
 * Plain recurrent layer (Elman 1990) on rows of `[steps, features]`: h ← f(xW + hU + B). W is features × units, U
 * units × units, B 1 × units. A second input is h before the first step, `[units]`.
 */
export class SimpleRnnLayer extends RecurrentLayer {
  override readonly kind = 'simple rnn';
  readonly activation: 'tanh' | 'relu';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for units that are not a whole number above 0, and for a bad option */
  constructor(units: number, options: SimpleRnnLayerOptions = {}) {
    super(units, options, ['activation']);
    const { activation = 'tanh' } = options;
    this.activation = oneOf('activation', ['tanh', 'relu'], activation);
  }

  protected override get gates(): number {
    return 1;
  }

  protected override recur(
    ops: Ops,
    x: Value,
    { W, U, B }: Readonly<Record<string, Value>>,
    options: RecurrentOptions,
  ): Value {
    return ops.simpleRnn(x, { W: W!, U: U!, B }, { ...options, activation: this.activation });
  }
}

registerLayer(
  'SimpleRnnLayer',
  ({ units, ...options }) => new SimpleRnnLayer(units as number, options as SimpleRnnLayerOptions),
);
