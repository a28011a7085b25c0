import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { InitMethodOptions } from '../initializers/index.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import type { DType } from '../tensor/tensor.js';
import { type Activation, type ActivationFunction, type ActivationOptions, activationOf } from './activation-table.js';
import {
  type AttentionParts,
  attend,
  attentionFlops,
  attentionSpecs,
  checkedParts,
  drawsAt,
} from './attention-parts.js';
import type { CallContext } from './composition.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { sequenceIn } from './sequences.js';
import { weightSettings } from './weight-options.js';

/** Options of `TransformerEncoderLayer`. */
export interface TransformerEncoderOptions {
  /** How many heads look at the sequence; they divide its features. */
  readonly heads: number;
  /** Outputs of the first fully connected layer behind the attention. */
  readonly feedForward: number;
  /**
   * The share of numbers that training drops, from 0 (default) to less than 1: of the probabilities, of the activations, and of
   * both results before they are added to their input.
   */
  readonly dropout?: number | undefined;
  /** The function between the fully connected layers; default 'relu'. */
  readonly activation?: Activation | ActivationOptions | undefined;
  /** Whether the norms come before attention and fully connected layers rather than behind the sums; default false. */
  readonly normFirst?: boolean | undefined;
  /** Whether step i looks at steps 0 to i only; default false. */
  readonly causal?: boolean | undefined;
  /** A small number that the norms add to the variance before the root is taken; default 1e-5. */
  readonly epsilon?: number | undefined;
  /** How the weights are initialised, instead of as the net's hyperparameters set it. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
  /** The seed of the weights, instead of the net's. */
  readonly seed?: number | undefined;
}

const optionNames = [
  ...['heads', 'feedForward', 'dropout', 'activation', 'normFirst', 'causal', 'epsilon', 'initMethod', 'dtype', 'seed'],
] as (keyof TransformerEncoderOptions)[];

/** The parameters whose names begin so, without that. */
function within(parameters: Readonly<Record<string, Value>>, prefix: string): Readonly<Record<string, Value>> {
  const own = Object.entries(parameters).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/**
 * One layer of a Transformer's encoder (Vaswani et al. 2017): x ← norm1(x + attention(x)), then
 * x ← norm2(x + feedForward2(activation(feedForward1(x)))). With `normFirst` x ← x + attention(norm1(x)), then
 * x ← x + feedForward2(activation(feedForward1(norm2(x)))). Rows are [steps, features]; steps that a mask counts out are not
 * looked at. Parameters are `attention.queryW` …, `norm1.gamma`, `norm1.beta`, `feedForward1.W`, `feedForward1.B` and so on.
 * @example
 * ```ts
 * import { input, TransformerEncoderLayer } from 'blasnet';
 *
 * const layer = new TransformerEncoderLayer({ heads: 4, feedForward: 128, activation: 'gelu' });
 * layer.apply(input([50, 64])).rowShape; // → [ 50, 64 ]
 * layer.weights['feedForward1.W']?.shape; // → [ 64, 128 ]
 * ```
 */
export class TransformerEncoderLayer extends Layer {
  override readonly kind = 'transformer encoder';
  readonly feedForward: number;
  readonly normFirst: boolean;
  readonly #parts: AttentionParts;
  readonly #activation: ActivationFunction;
  readonly #epsilon: number;
  readonly #options: TransformerEncoderOptions;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option */
  constructor(options: TransformerEncoderOptions) {
    super();
    checkOptions(options, optionNames);
    const { heads, dropout, causal, initMethod, dtype, seed } = options;
    const { feedForward, activation = 'relu', normFirst = false, epsilon = 1e-5 } = options;
    weightSettings({ initMethod, dtype, seed });
    this.#parts = { ...checkedParts({ heads, dropout, causal }), initMethod };
    this.#activation = activationOf(activation);
    if (this.#activation.name === 'logSoftmax')
      throw badArgument('activation', 'a function of one number', 'logSoftmax');
    if (typeof normFirst !== 'boolean') throw badArgument('normFirst', 'true or false', normFirst);
    if (!Number.isFinite(epsilon) || epsilon <= 0) throw badArgument('epsilon', 'a finite number above 0', epsilon);
    this.feedForward = checkedSize('feedForward', feedForward);
    this.normFirst = normFirst;
    this.#epsilon = epsilon;
    this.#options = { ...options };
  }

  get heads(): number {
    return this.#parts.heads;
  }

  protected override get ownSetup() {
    const { dtype, seed } = this.#options;
    return { dtype, seed };
  }

  override get config(): LayerConfig {
    return { type: 'TransformerEncoderLayer', ...definedFields(this.#options) };
  }

  /** Any number of steps. */
  override get inputShape(): undefined {
    return undefined;
  }

  override build(rows: readonly RowShape[]): ParameterSpecs {
    const attention = Object.entries(attentionSpecs(this.#parts, rows));
    const features = rows[0]![1]!;
    const { initMethod: init } = this.#parts;
    const bias = { init: 0, penalized: false };
    const norm = { gamma: { shape: [features], init: 1 }, beta: { shape: [features], init: 0 } };
    const dense = (inputs: number, outputs: number) => ({
      W: { shape: [inputs, outputs], init },
      B: { shape: [1, outputs], ...bias },
    });
    const groups = {
      attention: Object.fromEntries(attention),
      norm1: norm,
      feedForward1: dense(features, this.feedForward),
      feedForward2: dense(this.feedForward, features),
      norm2: norm,
    };
    return Object.fromEntries(
      Object.entries(groups).flatMap(([group, specs]) =>
        Object.entries(specs).map(([name, spec]) => [`${group}.${name}`, spec] as const),
      ),
    );
  }

  override call(
    ops: Ops,
    [x]: readonly Value[],
    parameters: Readonly<Record<string, Value>>,
    { training }: CallContext,
  ): Value {
    const { seed, stream } = this.setup;
    const { dropout } = this.#parts;
    const draws = training && dropout > 0 ? { seed, stream } : undefined;
    const dropped = (y: Value, place: number) => (draws ? ops.dropout(y, dropout, drawsAt(draws, place)) : y);
    const norm = (y: Value, name: string) =>
      ops.layerNorm(y, parameters[`${name}.gamma`]!, parameters[`${name}.beta`]!, this.#epsilon);
    const dense = (y: Value, name: string) => ops.affine(y, parameters[`${name}.W`]!, parameters[`${name}.B`]);
    const own = within(parameters, 'attention.');
    const attention = (y: Value) => {
      y.mask ??= x!.mask; // of the norm's result
      return dropped(attend(ops, [y], own, this.#parts, draws), 1);
    };
    const feed = (y: Value) => {
      const hidden = this.#activation.apply(ops, dense(y, 'feedForward1'));
      return dropped(dense(dropped(hidden, 2), 'feedForward2'), 3);
    };
    if (this.normFirst) {
      const sum = ops.add(x!, attention(norm(x!, 'norm1')));
      return ops.add(sum, feed(norm(sum, 'norm2')));
    }
    const first = norm(ops.add(x!, attention(x!)), 'norm1');
    return norm(ops.add(first, feed(first)), 'norm2');
  }

  override flopsPerRow(row: RowShape): number {
    const [steps, features] = sequenceIn(row);
    return attentionFlops(this.#parts, [row]) + 4 * steps * features * this.feedForward;
  }
}

registerLayer(
  'TransformerEncoderLayer',
  (fields) => new TransformerEncoderLayer(fields as unknown as TransformerEncoderOptions),
);
