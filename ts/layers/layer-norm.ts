import { shapeMismatch } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import type { ParameterSpecs, RowShape } from './layer.js';
import { NormLayer, type NormOptions } from './norm-layer.js';
import { registerLayer } from './registry.js';

/** Options of `LayerNormLayer`. */
export interface LayerNormOptions extends NormOptions {}

/** Options of `RmsNormLayer`. */
export interface RmsNormOptions extends NormOptions {}

/** The length of the last dimension. */
function featuresOf(row: RowShape): number {
  const features = row.at(-1);
  if (features !== undefined && features > 0) return features;
  throw shapeMismatch('input', 'rows of features', `rows of shape [${row.join(', ')}]`);
}

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016): y = gamma · (x − mean)/√(variance + epsilon) + beta over the last
 * dimension, with the mean and the (biased) variance of each row, or of each step of `[steps, features]`. gamma and beta have
 * a number for each feature.
 * @example
 * ```ts
 * import { LayerNormLayer, Tensor } from 'blasnet';
 *
 * const layer = new LayerNormLayer({ epsilon: 1e-12, dtype: 'float64' });
 * layer.forward(Tensor.from([[1, 3], [5, 5]], undefined, 'float64')).data.map(Math.round); // → Float64Array(4) [ -1, 1, 0, 0 ]
 * ```
 */
export class LayerNormLayer extends NormLayer {
  override readonly kind = 'layer norm';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an epsilon that is not above 0, and for an unknown option */
  constructor(options: LayerNormOptions = {}) {
    super(options);
  }

  protected get type(): string {
    return 'LayerNormLayer';
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const shape = [featuresOf(row!)];
    return { gamma: { shape, init: 1 }, beta: { shape, init: 0 } };
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [x]: readonly Value[], { gamma, beta }: Readonly<Record<string, Value>>): Value {
    return ops.layerNorm(x!, gamma!, beta!, this.epsilon);
  }
}

/**
 * Root mean square normalisation (Zhang and Sennrich 2019): y = gamma · x/√(mean of x² + epsilon) over the last dimension.
 * gamma has a number for each feature.
 */
export class RmsNormLayer extends NormLayer {
  override readonly kind = 'rms norm';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an epsilon that is not above 0, and for an unknown option */
  constructor(options: RmsNormOptions = {}) {
    super(options);
  }

  protected get type(): string {
    return 'RmsNormLayer';
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    return { gamma: { shape: [featuresOf(row!)], init: 1 } };
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [x]: readonly Value[], { gamma }: Readonly<Record<string, Value>>): Value {
    return ops.rmsNorm(x!, gamma!, this.epsilon);
  }
}

registerLayer('LayerNormLayer', (fields) => new LayerNormLayer(fields));
registerLayer('RmsNormLayer', (fields) => new RmsNormLayer(fields));
