import { badArgument, shapeMismatch } from '../errors.js';
import { checkOptions } from '../fields.js';
import { given } from '../given.js';
import { createInitializer, type InitMethodOptions } from '../initializers/index.js';
import type { Runner } from '../runner.js';
import { arrayOf, checkedShape, type DType, type Tensor } from '../tensor.js';
import { createWeightsBias, type Parameter, type ParameterSetup } from '../weights-bias.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Options of `FullyConnectedLayer`. */
export interface FullyConnectedOptions {
  /** How the weights are initialised, instead of as the net's hyperparameters set it. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
  /** The seed of a layer that works without a net; a net applies its own. */
  readonly seed?: number | undefined;
}

/**
 * Z = X·W + B, where X is m × inputs, W inputs × outputs, B 1 × outputs. Also called dense or linear.
 * @example
 * ```ts
 * import { FullyConnectedLayer, Tensor } from 'blasnet';
 *
 * const layer = new FullyConnectedLayer(2, 3, { initMethod: 'msra', seed: 1 });
 * layer.weights.W?.shape; // → [ 2, 3 ]
 * layer.setWeights({ W: Tensor.from([[1, 0, 1], [0, 1, 1]]), B: Tensor.from([[0, 0, 0.5]]) });
 * layer.forward(Tensor.from([[1, 2]])).toArray(); // → [ [ 1, 2, 3.5 ] ]
 * ```
 */
export class FullyConnectedLayer extends Layer {
  override readonly kind = 'fully connected';
  readonly inputs: number;
  readonly outputs: number;
  readonly #options: FullyConnectedOptions;
  #x?: Tensor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that are not whole numbers above 0, and for a bad option */
  constructor(inputs: number, outputs: number, options: FullyConnectedOptions = {}) {
    super();
    for (const [name, size] of Object.entries({ inputs, outputs })) {
      if (!Number.isInteger(size) || size < 1 || size > 2 ** 31 - 1) {
        throw badArgument(name, 'a whole number from 1 to 2147483647', size);
      }
    }
    checkOptions(options, ['initMethod', 'dtype', 'seed']);
    const { seed = 0, dtype = 'float32', initMethod = 'zero' } = options;
    if (!Number.isSafeInteger(seed) || seed < 0) throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', seed);
    arrayOf(dtype);
    createInitializer(initMethod);
    this.inputs = inputs;
    this.outputs = outputs;
    this.#options = options;
  }

  override get dtype(): DType {
    return this.isInNet ? super.dtype : (this.#options.dtype ?? super.dtype);
  }

  override get inputShape(): RowShape {
    return [this.inputs];
  }

  override get config(): LayerConfig {
    const { inputs, outputs } = this;
    return { type: 'FullyConnectedLayer', inputs, outputs, ...given(this.#options) };
  }

  override get parameterShapes() {
    return { W: [this.inputs, this.outputs], B: [1, this.outputs] };
  }

  override outputShape(input: RowShape): RowShape {
    if (checkedShape(input, 'input').length !== 1 || input[0] !== this.inputs) {
      throw shapeMismatch('input', `rows of ${this.inputs} numbers`, `rows of shape [${input.join(', ')}]`);
    }
    return [this.outputs];
  }

  override flopsPerRow(): number {
    return 2 * this.inputs * this.outputs;
  }

  protected override createParameters(setup: ParameterSetup): Parameter[] {
    const { initMethod, seed = setup.seed } = this.#options;
    const initializer = initMethod === undefined ? setup.initializer : createInitializer(initMethod);
    return createWeightsBias(
      { dtype: this.dtype, initializer, seed, stream: setup.stream },
      this.parameterShapes.W,
      this.parameterShapes.B,
      { fanIn: this.inputs, fanOut: this.outputs },
    );
  }

  override forwardPass(runner: Runner, x: Tensor): Tensor {
    const [weights, bias] = this.parameters;
    const z = runner.tensor([x.rows, this.outputs]);
    runner.run('fully_connected_forward', { x, w: weights!.value, b: bias!.value, z });
    this.#x = x;
    return z;
  }

  override backwardPass(runner: Runner, dz: Tensor, needsInputDelta: boolean): Tensor | null {
    const [weights, bias] = this.parameters;
    const x = this.#x!;
    runner.run('fully_connected_backward_weights', { x, dz, dw: weights!.gradient, db: bias!.gradient, accumulate: 0 });
    if (!needsInputDelta) return null;
    const dx = runner.tensor(x.shape);
    runner.run('fully_connected_backward_input', { w: weights!.value, dz, dx, accumulate: 0 });
    return dx;
  }
}

registerLayer(
  'FullyConnectedLayer',
  ({ inputs, outputs, ...options }) => new FullyConnectedLayer(inputs as number, outputs as number, options),
  {
    fromInput: (input) => (input.length === 1 ? { inputs: input[0] } : {}),
    fromOutputs: (outputs) => ({ outputs }),
  },
);
