import { badArgument } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { NumberRange } from '../core/ranges.js';
import type { InputType } from '../graph/node.js';
import { createInitializer, type InitMethodOptions } from '../initializers/index.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import { arrayOf, type DType } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Options of `EmbeddingLayer`. */
export interface EmbeddingOptions {
  /** Whether 0 stands for padding: steps of `[steps]` numbers that are 0 do not count for the layers behind; default false. */
  readonly maskZero?: boolean | undefined;
  /**
   * Whether an update leaves the rows alone that have no gradient, and what the optimizer remembers of them, as
   * `torch.optim.SparseAdam` does: a step costs the rows of a batch rather than all rows. Default false: `adam` and `adamW` move
   * all rows, as PyTorch's do. `sgd` and `adaGrad` compute the same either way, other optimizers refuse such a layer.
   */
  readonly lazy?: boolean | undefined;
  /** How the rows are initialised, instead of as the net's hyperparameters set it. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
}

/**
 * A row of W, count × size, for each whole number from 0 to count − 1: rows of shape `[..]` become `[.., size]`. It takes an
 * int32 input: `input([], { dtype: 'int32' })` in a graph. As the first layer of a chain, it makes the net's input int32.
 * @example
 * ```ts
 * import { EmbeddingLayer, Tensor } from 'blasnet';
 *
 * const words = new EmbeddingLayer(3, 2);
 * words.setWeights({ W: Tensor.from([[0, 0], [1, 2], [3, 4]]) });
 * words.forward(Tensor.from([2, 0, 1], [3], 'int32')).toArray(); // → [ [ 3, 4 ], [ 0, 0 ], [ 1, 2 ] ]
 * words.outputShape([10]); // → [ 10, 2 ]
 * words.forward(Tensor.from([3], [1], 'int32')); // throws ERR_BAD_ARGUMENT
 * ```
 */
export class EmbeddingLayer extends Layer {
  override readonly kind = 'embedding';
  readonly count: number;
  readonly size: number;
  readonly maskZero: boolean;
  readonly lazy: boolean;
  readonly #initMethod: InitMethodOptions | undefined;
  readonly #dtype: DType | undefined;

  /**
   * @param count - how many different numbers there are
   * @param size - numbers in a row of W
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that are not whole numbers above 0, and for a bad option
   */
  constructor(count: number, size: number, options: EmbeddingOptions = {}) {
    super();
    this.count = checkedSize('count', count);
    this.size = checkedSize('size', size);
    const names = ['maskZero', 'lazy', 'initMethod', 'dtype'] as const;
    const { maskZero = false, lazy = false, initMethod, dtype } = fieldsOf('options', options, names);
    if (typeof lazy !== 'boolean') throw badArgument('lazy', 'true or false', lazy);
    if (typeof maskZero !== 'boolean') throw badArgument('maskZero', 'true or false', maskZero);
    if (initMethod !== undefined) createInitializer(initMethod);
    if (dtype !== undefined) arrayOf(dtype);
    this.maskZero = maskZero;
    this.lazy = lazy;
    this.#initMethod = initMethod;
    this.#dtype = dtype;
    this.buildFor([[]]);
  }

  override get inputShape(): undefined {
    return undefined; // any
  }

  protected override get ownSetup() {
    return { dtype: this.#dtype };
  }

  override get config(): LayerConfig {
    const { count, size, maskZero, lazy } = this;
    const given = definedFields({ initMethod: this.#initMethod, dtype: this.#dtype });
    return { type: 'EmbeddingLayer', count, size, ...(maskZero && { maskZero }), ...(lazy && { lazy }), ...given };
  }

  override inputType(): InputType {
    return 'int32';
  }

  override inputRange(): NumberRange {
    return [0, this.count - 1];
  }

  override stepsFrom(_input: number, rowShape: RowShape): 'nonZero' | undefined {
    return this.maskZero && rowShape.length === 1 ? 'nonZero' : undefined;
  }

  override build(): ParameterSpecs {
    // A row of the product with one-hot rows: one input is not 0.
    const fans = { fanIn: 1, fanOut: this.size };
    const { count, size, lazy } = this;
    return { W: { shape: [count, size], init: this.#initMethod, fans, fileKey: 'weights', lazy } };
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [numbers]: readonly Value[], { W }: Readonly<Record<string, Value>>): Value {
    return ops.embedding(W!, numbers!);
  }

  /** With `maskZero`, the steps whose number is not 0. */
  protected override maskOf(ops: Ops, inputs: readonly Value[], output: Value): Value | undefined {
    const [numbers] = inputs;
    return this.maskZero && numbers!.rank === 2 ? ops.nonZero(numbers!) : super.maskOf(ops, inputs, output);
  }
}

registerLayer('EmbeddingLayer', ({ count, size, ...options }) => {
  return new EmbeddingLayer(count as number, size as number, options);
});
