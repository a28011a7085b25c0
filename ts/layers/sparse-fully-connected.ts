import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions, fieldsOf } from '../core/fields.js';
import type { NumberRange } from '../core/ranges.js';
import type { InputType } from '../graph/node.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import { checkedShape, sizeOf } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { type WeightOptions, type WeightSettings, weightOptionNames, weightSettings } from './weight-options.js';

/** Options of `SparseFullyConnectedLayer`. */
export interface SparseFullyConnectedOptions extends WeightOptions {
  /**
   * Whether an update leaves the rows of W alone that have no gradient, as `lazy` of `EmbeddingLayer` does; default false.
   */
  readonly lazy?: boolean | undefined;
}

/**
 * Z = X·W + B for rows X of so many inputs of which few are not 0, such as bags of words. It takes these alone: the numbers of
 * the inputs that are not 0, int32 [length], and their values, [length]. So a row costs as many rows of W as it has such inputs.
 * Rows with fewer are filled up with values of 0. Without values, each number but 0 counts as 1. W is inputs × outputs, B
 * 1 × outputs. PyTorch has it as `EmbeddingBag` in the mode `sum` with `per_sample_weights`, without B.
 * @example
 * ```ts
 * import { SparseFullyConnectedLayer, Tensor } from 'blasnet';
 *
 * const layer = new SparseFullyConnectedLayer(4, 2);
 * layer.setWeights({ W: Tensor.from([[1, 2], [3, 4], [5, 6], [7, 8]]), B: Tensor.from([[0, 100]]) });
 * const numbers = Tensor.from([3, 1, 2, 0], [2, 2], 'int32');
 * layer.forward([numbers, Tensor.from([[1, 2], [0.5, 0]])]).toArray(); // → [ [ 13, 116 ], [ 2.5, 103 ] ]
 * layer.forward(numbers).toArray(); // → [ [ 10, 112 ], [ 5, 106 ] ]
 * ```
 */
export class SparseFullyConnectedLayer extends Layer {
  override readonly kind = 'sparse fully connected';
  /** How many inputs there are: numbers are from 0 to one less. */
  readonly inputs: number;
  readonly outputs: number;
  readonly lazy: boolean;
  readonly #settings: WeightSettings;

  /**
   * @param inputs - how many different numbers there are
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that are not whole numbers above 0, and for a bad option
   */
  constructor(inputs: number, outputs: number, options: SparseFullyConnectedOptions = {}) {
    super();
    this.inputs = checkedSize('inputs', inputs);
    this.outputs = checkedSize('outputs', outputs);
    checkOptions(options, [...weightOptionNames, 'lazy']);
    const { lazy = false, ...others } = fieldsOf('options', options);
    if (typeof lazy !== 'boolean') throw badArgument('lazy', 'true or false', lazy);
    this.lazy = lazy;
    this.#settings = weightSettings(others);
    this.buildFor([[1]]);
  }

  override get inputShape(): undefined {
    return undefined; // of any length
  }

  override get inputCount(): readonly [least: number, most: number] {
    return [1, 2];
  }

  protected override get ownSetup() {
    return this.#settings;
  }

  override get config(): LayerConfig {
    const { inputs, outputs, lazy } = this;
    return {
      type: 'SparseFullyConnectedLayer',
      ...{ inputs, outputs },
      ...(lazy && { lazy }),
      ...this.#settings.config,
    };
  }

  override inputType(input: number): InputType {
    return input === 0 ? 'int32' : 'float32';
  }

  override inputRange(input: number): NumberRange | undefined {
    return input === 0 ? [0, this.inputs - 1] : undefined;
  }

  override build([numbers, values = numbers]: readonly RowShape[]): ParameterSpecs {
    const textOf = (row: RowShape | undefined) => `rows of shape [${row?.join(', ')}]`;
    if (numbers?.length === 0) throw shapeMismatch('input 1', 'rows of shape [.., length]', textOf(numbers));
    if (values?.join() !== numbers?.join()) throw shapeMismatch('input 2', textOf(numbers), textOf(values));
    const { initMethod, useBias } = this.#settings;
    const { inputs, outputs, lazy } = this;
    return {
      W: { shape: [inputs, outputs], init: initMethod, fileKey: 'weights', lazy },
      ...(useBias && { B: { shape: [1, outputs], init: 0, penalized: false, fileKey: 'bias' } }),
    };
  }

  override call(ops: Ops, [numbers, values]: readonly Value[], { W, B }: Readonly<Record<string, Value>>): Value {
    const sums = ops.embeddingBag(W!, numbers!, values ?? ops.nonZero(numbers!));
    const z = B ? ops.add(sums, ops.reshape(B, [this.outputs])) : sums;
    return this.#settings.activation?.apply(ops, z) ?? z;
  }

  override flopsPerRow(numbers: RowShape): number {
    return 2 * sizeOf(checkedShape(numbers, 'input')) * this.outputs;
  }
}

registerLayer('SparseFullyConnectedLayer', ({ inputs, outputs, ...options }) => {
  return new SparseFullyConnectedLayer(inputs as number, outputs as number, options);
});
