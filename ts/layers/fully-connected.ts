import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions, isFields } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedShape, sizeOf } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { type WeightOptions, type WeightSettings, weightOptionNames, weightSettings } from './weight-options.js';

/** Options of `FullyConnectedLayer`. */
export interface FullyConnectedOptions extends WeightOptions {}

/**
 * Z = X·W + B, where X is [.., inputs], W inputs × outputs, B 1 × outputs. Also called dense or linear. Inputs need not be
 * given: they follow from the rows that reach the layer.
 * @example
 * ```ts
 * import { FullyConnectedLayer, Tensor } from 'blasnet';
 *
 * const layer = new FullyConnectedLayer(2, 3, { initMethod: 'msra', seed: 1 });
 * layer.weights.W?.shape; // → [ 2, 3 ]
 * layer.setWeights({ W: Tensor.from([[1, 0, 1], [0, 1, 1]]), B: Tensor.from([[0, 0, 0.5]]) });
 * layer.forward(Tensor.from([[1, 2]])).toArray(); // → [ [ 1, 2, 3.5 ] ]
 *
 * const hidden = new FullyConnectedLayer(64, { activation: 'relu' });
 * hidden.outputShape([784]); // → [ 64 ]
 * hidden.inputs; // → 784
 * ```
 */
export class FullyConnectedLayer extends Layer {
  override readonly kind = 'fully connected';
  readonly outputs: number;
  readonly #inputs: number | undefined;
  readonly #settings: WeightSettings;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that are not whole numbers above 0, and for a bad option */
  constructor(outputs: number, options?: FullyConnectedOptions);
  constructor(inputs: number, outputs: number, options?: FullyConnectedOptions);
  constructor(first: number, second?: number | FullyConnectedOptions, third?: FullyConnectedOptions) {
    super();
    const onlyOutputs = third === undefined && (second === undefined || isFields(second));
    const inputs = onlyOutputs ? undefined : first;
    const outputs = onlyOutputs ? first : (second as number);
    const chosen = onlyOutputs ? (second as FullyConnectedOptions | undefined) : third;
    const options = chosen === undefined ? {} : chosen;
    for (const [name, size] of Object.entries(onlyOutputs ? { outputs } : { inputs, outputs })) {
      if (!Number.isInteger(size) || size! < 1 || size! > 2 ** 31 - 1) {
        throw badArgument(name, 'a whole number from 1 to 2147483647', size);
      }
    }
    checkOptions(options, weightOptionNames);
    this.#settings = weightSettings(options);
    this.#inputs = inputs;
    this.outputs = outputs;
    if (inputs !== undefined) this.buildFor([[inputs]]);
  }

  /** Numbers in the last dimension of its input; undefined until they are known. */
  get inputs(): number | undefined {
    return this.#inputs ?? this.parameterShapes?.W?.[0];
  }

  protected override get ownSetup() {
    return this.#settings;
  }

  override get config(): LayerConfig {
    const { inputs, outputs } = this;
    return { type: 'FullyConnectedLayer', ...definedFields({ inputs }), outputs, ...this.#settings.config };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const inputs = row!.at(-1);
    const expected = this.#inputs ?? this.parameterShapes?.W?.[0];
    if (inputs === undefined || inputs < 1 || (expected !== undefined && inputs !== expected)) {
      throw shapeMismatch('input', `rows of ${expected ?? 'some'} numbers`, `rows of shape [${row!.join(', ')}]`);
    }
    const { initMethod, useBias } = this.#settings;
    return {
      W: { shape: [inputs, this.outputs], init: initMethod, fileKey: 'weights' },
      ...(useBias && { B: { shape: [1, this.outputs], init: 0, penalized: false, fileKey: 'bias' } }),
    };
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [x]: readonly Value[], { W, B }: Readonly<Record<string, Value>>): Value {
    const z = ops.affine(x!, W!, B);
    return this.#settings.activation?.apply(ops, z) ?? z;
  }

  override flopsPerRow(row: RowShape): number {
    return 2 * sizeOf(checkedShape(row, 'input')) * this.outputs;
  }
}

registerLayer(
  'FullyConnectedLayer',
  ({ inputs, outputs, ...options }) =>
    inputs === undefined
      ? new FullyConnectedLayer(outputs as number, options)
      : new FullyConnectedLayer(inputs as number, outputs as number, options),
  { fromOutputs: (outputs) => ({ outputs }) },
);
