import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import { Pass } from '../graph/pass.js';
import type { InitMethodOptions } from '../initializers/index.js';
import type { Ops } from '../ops/ops.js';
import { Value } from '../ops/value.js';
import { EagerRunner } from '../runtime/runner.js';
import { type DType, requireTensor, type Tensor } from '../tensor/tensor.js';
import { type AttentionParts, attend, attentionFlops, attentionSpecs, checkedParts } from './attention-parts.js';
import { projected } from './attention-projections.js';
import { looksAhead } from './attention-steps.js';
import type { CallContext } from './composition.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { sequenceIn } from './sequences.js';
import { weightSettings } from './weight-options.js';

/** Options of `MultiHeadAttentionLayer`. */
export interface MultiHeadAttentionOptions {
  /** How many heads look at the keys, each with queries, keys and values of its own. */
  readonly heads: number;
  /** Features of a head's queries and keys; default features of the input / heads. */
  readonly keySize?: number | undefined;
  /** Features of a head's values; default `keySize`. */
  readonly valueSize?: number | undefined;
  /** Whether step i looks at steps 0 to i only; default false. */
  readonly causal?: boolean | undefined;
  /** The share of probabilities that training drops, from 0 (default) to less than 1. */
  readonly dropout?: number | undefined;
  /** Whether the projections have biases; default true. */
  readonly useBias?: boolean | undefined;
  /** How the weights are initialised, instead of as the net's hyperparameters set it. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
  /** The seed of the weights, instead of the net's. */
  readonly seed?: number | undefined;
}

const optionNames = [
  ...['heads', 'keySize', 'valueSize', 'causal', 'dropout', 'useBias', 'initMethod', 'dtype', 'seed'],
] as (keyof MultiHeadAttentionOptions)[];

/**
 * Attention of several heads (Vaswani et al. 2017): softmax(QKᵀ/√keySize)·V for each head, where Q = query·queryW + queryB,
 * K and V alike of key and value; the heads side by side times outputW, + outputB. Rows are [steps, features].
 * `apply(x)` lets a sequence look at itself, `apply([query, value])` or `apply([query, value, key])` at another one. Steps of
 * key and value that their mask counts out are not looked at; the output has the query's mask.
 * @example
 * ```ts
 * import { input, MultiHeadAttentionLayer, Tensor } from 'blasnet';
 *
 * const layer = new MultiHeadAttentionLayer({ heads: 4 });
 * layer.apply(input([50, 64])).rowShape; // → [ 50, 64 ]
 * layer.weights.queryW?.shape; // → [ 64, 64 ]
 *
 * const cross = new MultiHeadAttentionLayer({ heads: 2, keySize: 8 });
 * cross.apply([input([10, 32]), input([50, 64])]).rowShape; // → [ 10, 32 ]
 * cross.attentionWeights([Tensor.zeros([1, 10, 32]), Tensor.zeros([1, 50, 64])]).shape; // → [ 1, 2, 10, 50 ]
 * ```
 */
export class MultiHeadAttentionLayer extends Layer {
  override readonly kind = 'attention';
  readonly #parts: AttentionParts;
  readonly #options: MultiHeadAttentionOptions;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option */
  constructor(options: MultiHeadAttentionOptions) {
    super();
    checkOptions(options, optionNames);
    const { initMethod, dtype, seed } = options;
    weightSettings({ initMethod, dtype, seed });
    this.#options = { ...options };
    this.#parts = { ...checkedParts(options), initMethod };
  }

  get heads(): number {
    return this.#parts.heads;
  }

  protected override get ownSetup() {
    const { dtype, seed } = this.#options;
    return { dtype, seed };
  }

  override get config(): LayerConfig {
    return { type: 'MultiHeadAttentionLayer', ...definedFields(this.#options) };
  }

  override get inputCount(): readonly [number, number] {
    return [1, 3];
  }

  /** Any number of steps. */
  override get inputShape(): undefined {
    return undefined;
  }

  override get isStepwise(): boolean {
    return this.#parts.causal;
  }

  override get wholeInputs(): readonly number[] {
    return [1, 2];
  }

  override stepRefusal([, value = false, key = value]: readonly boolean[]): string | undefined {
    if (value !== key) return 'value and key come both step by step, or both whole';
    return value || this.#parts.causal ? undefined : looksAhead;
  }

  override build(rows: readonly RowShape[]): ParameterSpecs {
    return attentionSpecs(this.#parts, rows);
  }

  override call(
    ops: Ops,
    inputs: readonly Value[],
    parameters: Readonly<Record<string, Value>>,
    { training, memory }: CallContext,
  ): Value {
    const { seed, stream } = this.setup;
    const steps = memory && { layer: this, memory };
    return attend(ops, inputs, parameters, this.#parts, training ? { seed, stream } : undefined, steps);
  }

  /** The mask of the query. */
  protected override maskOf(_ops: Ops, [query]: readonly Value[]): Value | undefined {
    return query!.mask;
  }

  /**
   * Computes how much each step looks at each other one, on this thread: probabilities, [m, heads, steps, steps of key].
   * @param x - rows of inputs, m × steps × features; for attention to another sequence `[query, value]` or `[query, value, key]`
   * @param mask - m × steps of key: queries look only at keys whose number is not 0
   * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`, `ERR_NET_BUSY`
   */
  attentionWeights(x: Tensor | readonly Tensor[], mask?: Tensor): Tensor {
    this.requireIdle('layer.attentionWeights');
    const tensors = Array.isArray(x) ? (x as readonly Tensor[]) : [x as Tensor];
    for (const tensor of [...tensors, ...(mask ? [mask] : [])]) {
      requireTensor('x', tensor);
      if (tensor.dtype !== this.dtype) throw badArgument('x', `a ${this.dtype} tensor`, `a ${tensor.dtype} one`);
    }
    this.outputShape(...tensors.map(({ shape }) => shape.slice(1)));
    const { ops } = new Pass(new EagerRunner(this.dtype), false);
    const parameters = this.parameters.map(({ name, value }) => [name, new Value(value)] as const);
    const values = tensors.map((tensor) => new Value(tensor));
    const { q, k } = projected(ops, values, Object.fromEntries(parameters));
    const { heads, causal } = this.#parts;
    return ops.attentionWeights(q, k, { heads, causal, mask: mask && new Value(mask) }).tensor;
  }

  override flopsPerRow(...rows: readonly RowShape[]): number {
    return attentionFlops(this.#parts, [sequenceIn(rows[0]!), ...rows.slice(1).map(sequenceIn)]);
  }
}

registerLayer(
  'MultiHeadAttentionLayer',
  (fields) => new MultiHeadAttentionLayer(fields as unknown as MultiHeadAttentionOptions),
);
