// @internal
import { requireAboveZero } from '../core/constants.js';
import { badArgument } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { Parameter, ParameterSetup } from '../graph/weights-bias.js';
import { arrayOf, checkedShape, type DType, sizeOf } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';

/** Options of layers that normalise rows. */
export interface NormOptions {
  /** A small number that is added before the root is taken; default 1e-5. */
  readonly epsilon?: number | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
}

/** The base of layers that normalise the numbers of a row. */
export abstract class NormLayer extends Layer {
  readonly epsilon: number;
  readonly #dtype: DType | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an epsilon that is not above 0, and for an unknown option */
  constructor(options: NormOptions) {
    super();
    const { epsilon = 1e-5, dtype } = fieldsOf('options', options, ['epsilon', 'dtype']);
    if (!Number.isFinite(epsilon) || epsilon <= 0) throw badArgument('epsilon', 'a finite number above 0', epsilon);
    if (dtype !== undefined) arrayOf(dtype);
    this.epsilon = epsilon;
    this.#dtype = dtype;
  }

  protected override get ownSetup() {
    return { dtype: this.#dtype };
  }

  /** The name of the class in configs. */
  protected abstract get type(): string;

  override get config(): LayerConfig {
    return { type: this.type, epsilon: this.epsilon, ...definedFields({ dtype: this.#dtype }) };
  }

  override flopsPerRow(input: RowShape): number {
    return 6 * sizeOf(checkedShape(input, 'input'));
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an epsilon that is 0 in the net's dtype */
  override configure(...[setup, ...others]: Parameters<Layer['configure']>): void {
    requireAboveZero('epsilon', this.epsilon, setup.dtype);
    super.configure(setup, ...others);
  }

  protected override createParameters(setup: ParameterSetup): Parameter[] {
    requireAboveZero('epsilon', this.epsilon, this.dtype);
    return super.createParameters(setup);
  }
}
