import { requireAboveZero } from '../core/constants.js';
import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions, isFields } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { Parameter, ParameterSetup } from '../graph/weights-bias.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { arrayOf, checkedShape, type DType, sizeOf } from '../tensor/tensor.js';
import type { CallContext } from './composition.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { registerLayer } from './registry.js';

/** Options of `BatchNormLayer`. */
export interface BatchNormOptions {
  /** The share of the running statistics that a training step keeps; default 0.9. */
  readonly momentum?: number | undefined;
  /** A small number that is added to the variance before the root is taken; default 1e-5. */
  readonly epsilon?: number | undefined;
  /** Whether rows of two dimensions are `[channels, length]` rather than `[steps, features]`; default false. */
  readonly channelsFirst?: boolean | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015): y = gamma · (x − mean)/√(var + epsilon) + beta for each feature of
 * `[rows, features]` and of sequences `[rows, steps, features]`, or each channel of `[rows, channels, height, width]`. Training takes mean and (biased) variance
 * from the batch, and brings the running ones, which inference takes, closer to them: momentum · running +
 * (1 − momentum) · batch. A layer that is not `trainable` takes the running ones in training, too. Features whose batch holds NaN or infinity leave their running statistics as they are.
 */
export class BatchNormLayer extends Layer {
  override readonly kind = 'batch norm';
  readonly momentum: number;
  readonly epsilon: number;
  readonly channelsFirst: boolean;
  readonly #features: number | undefined;
  readonly #dtype: DType | undefined;

  /**
   * @param features - features, or channels; by default those of the rows that reach the layer
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for features that are not a whole number above 0, a momentum outside
   *   [0, 1], an epsilon that is not above 0, an unknown option
   */
  constructor(features: number, options?: BatchNormOptions);
  constructor(options?: BatchNormOptions);
  constructor(first?: number | BatchNormOptions, second?: BatchNormOptions) {
    super();
    const features = isFields(first) ? undefined : (first as number | undefined);
    const chosen = isFields(first) ? (first as BatchNormOptions) : second;
    const options: BatchNormOptions = chosen === undefined ? {} : chosen;
    if (features !== undefined && (!Number.isInteger(features) || features < 1 || features > 2 ** 31 - 1)) {
      throw badArgument('features', 'a whole number from 1 to 2147483647', features);
    }
    checkOptions(options, ['momentum', 'epsilon', 'channelsFirst', 'dtype']);
    const { momentum = 0.9, epsilon = 1e-5, channelsFirst = false, dtype } = options;
    if (typeof channelsFirst !== 'boolean') throw badArgument('channelsFirst', 'true or false', channelsFirst);
    if (typeof momentum !== 'number' || !(momentum >= 0 && momentum <= 1)) {
      throw badArgument('momentum', 'a number in [0, 1]', momentum);
    }
    if (!Number.isFinite(epsilon) || epsilon <= 0) throw badArgument('epsilon', 'a finite number above 0', epsilon);
    if (dtype !== undefined) arrayOf(dtype);
    this.#features = features;
    this.momentum = momentum;
    this.epsilon = epsilon;
    this.channelsFirst = channelsFirst;
    this.#dtype = dtype;
    if (features !== undefined) this.buildFor([[features]]);
  }

  /** Features, or channels; undefined until they are known. */
  get features(): number | undefined {
    return this.#features ?? this.parameterShapes?.gamma?.[0];
  }

  override get inputShape(): RowShape | undefined {
    return undefined; // vectors or images
  }

  protected override get ownSetup() {
    return { dtype: this.#dtype };
  }

  override get config(): LayerConfig {
    const { features, momentum, epsilon, channelsFirst } = this;
    return {
      type: 'BatchNormLayer',
      ...definedFields({ features }),
      momentum,
      epsilon,
      ...(channelsFirst && { channelsFirst }),
      ...definedFields({ dtype: this.#dtype }),
    };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const features = row!.length === 2 && !this.channelsFirst ? row![1] : row![0];
    const expected = this.features;
    if (features === undefined || features < 1 || (expected !== undefined && features !== expected)) {
      const rows = `rows of ${expected ?? 'some'} features or channels`;
      throw shapeMismatch('input', rows, `rows of shape [${row!.join(', ')}]`);
    }
    const shape = [features];
    const running = { shape, trainable: false };
    return {
      gamma: { shape, init: 1 },
      beta: { shape, init: 0 },
      mean: { ...running, init: 0 },
      var: { ...running, init: 1 },
    };
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(
    ops: Ops,
    [x]: readonly Value[],
    { gamma, beta, mean, var: variance }: Readonly<Record<string, Value>>,
    { training, trainable }: CallContext,
  ): Value {
    const { epsilon, momentum } = this;
    const operands = { gamma: gamma!, beta: beta!, mean: mean!, variance: variance! };
    const settings = { ...operands, epsilon, momentum, training: training && trainable };
    if (x!.rank !== 3 || this.channelsFirst) return ops.batchNorm(x!, settings);
    const steps = ops.reshape(x!, [x!.shape[0]! * x!.shape[1]!, x!.shape[2]!]);
    return ops.reshape(ops.batchNorm(steps, settings), x!.shape);
  }

  /** Of sequences, with the features in front of the steps, as ONNX has them. */
  override toOnnx(onnx: OnnxBuilder, [x]: readonly string[]): string {
    if (this.channelsFirst || onnx.rowShape(x!).length !== 2) return onnx.operations();
    const turned = onnx.node('Transpose', [x!], { perm: [0, 2, 1] });
    const parameters = ['gamma', 'beta', 'mean', 'var'].map((name) => onnx.parameter(name));
    const y = onnx.node('BatchNormalization', [turned, ...parameters], {
      epsilon: { float: this.epsilon },
      momentum: { float: this.momentum },
    });
    return onnx.node('Transpose', [y], { perm: [0, 2, 1] });
  }

  override flopsPerRow(input: RowShape): number {
    return 2 * sizeOf(checkedShape(input, 'input'));
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

registerLayer('BatchNormLayer', ({ features, ...options }) =>
  features === undefined
    ? new BatchNormLayer(options as BatchNormOptions)
    : new BatchNormLayer(features as number, options as BatchNormOptions),
);
