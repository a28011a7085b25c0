import { requireAboveZero } from '../constants.js';
import { badArgument, callFirst, shapeMismatch } from '../errors.js';
import { checkOptions } from '../fields.js';
import type { Runner } from '../runner.js';
import { arrayOf, checkedShape, type DType, sizeOf, type Tensor } from '../tensor.js';
import { Parameter } from '../weights-bias.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Options of `BatchNormLayer`. */
export interface BatchNormOptions {
  /** The share of the running statistics that a training step keeps; default 0.9. */
  readonly momentum?: number | undefined;
  /** A small number that is added to the variance before the root is taken; default 1e-5. */
  readonly epsilon?: number | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
}

/** The values of the last forward pass in training that the backward pass uses. */
interface Forward {
  readonly x: Tensor;
  readonly batchMean: Tensor;
  /** 1/√(variance + epsilon) of each feature. */
  readonly inverse: Tensor;
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015): y = gamma · (x − mean)/√(var + epsilon) + beta for each feature of
 * `[rows, features]`, or each channel of `[rows, channels, height, width]`. Training takes mean and (biased) variance
 * from the batch, and brings the running ones, which inference takes, closer to them: momentum · running +
 * (1 − momentum) · batch. Features whose batch holds NaN or infinity leave their running statistics as they are.
 */
export class BatchNormLayer extends Layer {
  override readonly kind = 'batch norm';
  /** Features, or channels. */
  readonly features: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly #dtype: DType | undefined;
  #forward: Forward | undefined;

  /**
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for features that are not a whole number above 0, a momentum outside
   *   [0, 1], an epsilon that is not above 0, an unknown option
   */
  constructor(features: number, options: BatchNormOptions = {}) {
    super();
    if (!Number.isInteger(features) || features < 1 || features > 2 ** 31 - 1) {
      throw badArgument('features', 'a whole number from 1 to 2147483647', features);
    }
    checkOptions(options, ['momentum', 'epsilon', 'dtype']);
    const { momentum = 0.9, epsilon = 1e-5, dtype } = options;
    if (typeof momentum !== 'number' || !(momentum >= 0 && momentum <= 1)) {
      throw badArgument('momentum', 'a number in [0, 1]', momentum);
    }
    if (!Number.isFinite(epsilon) || epsilon <= 0) throw badArgument('epsilon', 'a finite number above 0', epsilon);
    if (dtype !== undefined) arrayOf(dtype);
    this.features = features;
    this.momentum = momentum;
    this.epsilon = epsilon;
    this.#dtype = dtype;
  }

  override get dtype(): DType {
    return this.isInNet ? super.dtype : (this.#dtype ?? super.dtype);
  }

  override get config(): LayerConfig {
    const { features, momentum, epsilon } = this;
    return { type: 'BatchNormLayer', features, momentum, epsilon, ...(this.#dtype && { dtype: this.#dtype }) };
  }

  override get parameterShapes() {
    const shape = [this.features];
    return { gamma: shape, beta: shape, mean: shape, var: shape };
  }

  override outputShape(input: RowShape): RowShape {
    if (checkedShape(input, 'input')[0] !== this.features) {
      const expected = `rows of ${this.features} features or channels`;
      throw shapeMismatch('input', expected, `rows of shape [${input.join(', ')}]`);
    }
    return input;
  }

  override flopsPerRow(input: RowShape): number {
    return 2 * sizeOf(checkedShape(input, 'input'));
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an epsilon that is 0 in the net's dtype */
  override configure(...[setup, ...others]: Parameters<Layer['configure']>): void {
    requireAboveZero('epsilon', this.epsilon, setup.dtype);
    super.configure(setup, ...others);
  }

  protected override createParameters(): Parameter[] {
    requireAboveZero('epsilon', this.epsilon, this.dtype);
    const shapes = this.parameterShapes;
    const create = (name: keyof typeof shapes, value: number, options?: { readonly trainable: boolean }) => {
      const parameter = new Parameter(name, name, shapes[name], this.dtype, options);
      parameter.value.data.fill(value);
      return parameter;
    };
    const running = { trainable: false };
    return [create('gamma', 1), create('beta', 0), create('mean', 0, running), create('var', 1, running)];
  }

  override forwardPass(runner: Runner, x: Tensor, training: boolean): Tensor {
    const [gamma, beta, mean, variance] = this.parameters.map(({ value }) => value);
    const { epsilon, momentum } = this;
    const y = runner.tensor(x.shape);
    const shared = { x, gamma: gamma!, beta: beta!, mean: mean!, variance: variance!, y, epsilon };
    if (training) {
      const [batchMean, inverse] = [runner.tensor([this.features]), runner.tensor([this.features])];
      runner.run('batch_norm_forward', { ...shared, batchMean, inverse, momentum });
      this.#forward = { x, batchMean, inverse };
    } else {
      runner.run('batch_norm_inference', shared);
      this.#forward = undefined;
    }
    return y;
  }

  override backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    if (!this.#forward) throw callFirst('forward(x, true)', 'backward');
    const [gamma, beta] = this.parameters;
    const shared = { ...this.#forward, dy, dgamma: gamma!.gradient, dbeta: beta!.gradient };
    if (!needsInputDelta) {
      runner.run('batch_norm_backward_weights', shared);
      return null;
    }
    const dx = runner.tensor(dy.shape);
    runner.run('batch_norm_backward', { ...shared, gamma: gamma!.value, dx });
    return dx;
  }
}

registerLayer(
  'BatchNormLayer',
  ({ features, ...options }) => new BatchNormLayer(features as number, options as BatchNormOptions),
  { fromInput: ([features]) => ({ features }) },
);
