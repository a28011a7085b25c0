import type { Parameter, ParameterSetup } from '../graph/weights-bias.js';
import type { RecurrentOptions } from '../ops/operations/index.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { RecurrentLayer, type RecurrentLayerOptions } from './recurrent.js';
import { registerLayer } from './registry.js';

/** Options of `LstmLayer`. */
export interface LstmOptions extends RecurrentLayerOptions {}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997) on rows of `[steps, features]`. Gates are input, forget, cell,
 * output: i, f, o = σ(xW + hU + B), g = tanh(…); c ← f·c + i·g; h = o·tanh(c). The forget gate's bias begins at 1. W is
 * features × 4·units, U units × 4·units, B 1 × 4·units. Further inputs are h and c before the first step, `[units]`
 * each.
 * @example
 * ```ts
 * import { LstmLayer, Tensor } from 'blasnet';
 *
 * const last = new LstmLayer(64);
 * last.outputShape([28, 3]); // → [ 64 ]
 * new LstmLayer(64, { returnSequences: true }).outputShape([28, 3]); // → [ 28, 64 ]
 * last.forward(Tensor.zeros([2, 28, 3])).shape; // → [ 2, 64 ]
 * last.outputShape([28]); // throws ERR_SHAPE_MISMATCH
 * ```
 */
export class LstmLayer extends RecurrentLayer {
  override readonly kind = 'lstm';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for units that are not a whole number above 0, and for a bad option */
  constructor(units: number, options?: LstmOptions) {
    super(units, options);
  }

  protected override get gates(): number {
    return 4;
  }

  override get stateCount(): number {
    return 2;
  }

  protected override createParameters(setup: ParameterSetup): Parameter[] {
    const parameters = super.createParameters(setup);
    const { units } = this;
    parameters.find(({ name }) => name === 'B')?.value.data.fill(1, units, 2 * units);
    return parameters;
  }

  protected override recur(
    ops: Ops,
    x: Value,
    { W, U, B }: Readonly<Record<string, Value>>,
    options: RecurrentOptions,
  ): Value {
    return ops.lstm(x, { W: W!, U: U!, B }, options);
  }
}

registerLayer('LstmLayer', ({ units, ...options }) => new LstmLayer(units as number, options as LstmOptions));
