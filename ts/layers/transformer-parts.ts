// @internal
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { InitMethodOptions } from '../initializers/index.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import type { DType } from '../tensor/tensor.js';
import { type Activation, type ActivationFunction, type ActivationOptions, activationOf } from './activation-table.js';
import { type AttentionParts, attend, checkedParts, type Draws, drawsAt } from './attention-parts.js';
import type { StepsOfLayer } from './attention-steps.js';
import type { CallContext } from './composition.js';
import { Layer, type ParameterSpecs } from './layer.js';
import { weightSettings } from './weight-options.js';

/** Options that the layers of a Transformer's encoder and decoder have in common. */
export interface TransformerOptions {
  /** How many heads each attention has; they divide the features. */
  readonly heads: number;
  /** Outputs of the first fully connected layer behind the attention. */
  readonly feedForward: number;
  /**
   * The share of numbers that training drops, from 0 (default) to less than 1: of the probabilities, of the activations, and of
   * all results before they are added to their input.
   */
  readonly dropout?: number | undefined;
  /** The function between the fully connected layers; default 'relu'. */
  readonly activation?: Activation | ActivationOptions | undefined;
  /** Whether the norms come before attention and fully connected layers rather than behind the sums; default false. */
  readonly normFirst?: boolean | undefined;
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
] as (keyof TransformerOptions | 'causal')[];

/** Options that were checked. */
export interface TransformerSettings {
  /** Of the attention of a sequence to itself. */
  readonly parts: AttentionParts;
  readonly feedForward: number;
  readonly activation: ActivationFunction;
  readonly normFirst: boolean;
  readonly epsilon: number;
}

/**
 * @param causal - whether steps look at no later ones, where the options do not say it
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option
 */
function transformerSettings(
  options: TransformerOptions & { readonly causal?: boolean | undefined },
  causal: boolean,
): TransformerSettings {
  checkOptions(options, optionNames);
  const { heads, dropout, initMethod, dtype, seed } = options;
  const { feedForward, activation = 'relu', normFirst = false, epsilon = 1e-5 } = options;
  weightSettings({ initMethod, dtype, seed });
  const parts = {
    ...checkedParts({ heads, dropout, causal: options.causal === undefined ? causal : options.causal }),
    initMethod,
  };
  const found = activationOf(activation);
  if (found.name === 'logSoftmax') throw badArgument('activation', 'a function of one number', 'logSoftmax');
  if (typeof normFirst !== 'boolean') throw badArgument('normFirst', 'true or false', normFirst);
  if (!Number.isFinite(epsilon) || epsilon <= 0) throw badArgument('epsilon', 'a finite number above 0', epsilon);
  return { parts, feedForward: checkedSize('feedForward', feedForward), activation: found, normFirst, epsilon };
}

/** The parameters of the norms and the fully connected layers, by the names of their groups. */
export function transformerSpecs(
  { parts: { initMethod: init }, feedForward }: TransformerSettings,
  features: number,
): { readonly norm: ParameterSpecs; readonly feedForward1: ParameterSpecs; readonly feedForward2: ParameterSpecs } {
  const dense = (inputs: number, outputs: number): ParameterSpecs => ({
    W: { shape: [inputs, outputs], init },
    B: { shape: [1, outputs], init: 0, penalized: false },
  });
  return {
    norm: { gamma: { shape: [features], init: 1 }, beta: { shape: [features], init: 0 } },
    feedForward1: dense(features, feedForward),
    feedForward2: dense(feedForward, features),
  };
}

/** The parameters of groups, named `group.name`. */
export function inGroups(groups: Readonly<Record<string, ParameterSpecs>>): ParameterSpecs {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, specs]) =>
      Object.entries(specs).map(([name, spec]) => [`${group}.${name}`, spec] as const),
    ),
  );
}

/** The parameters of a group, without its name. */
function groupOf(parameters: Readonly<Record<string, Value>>, group: string): Readonly<Record<string, Value>> {
  const own = Object.entries(parameters).filter(([name]) => name.startsWith(`${group}.`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(group.length + 1), value]));
}

/** The parts that a layer of a Transformer is composed of, each with its dropout. */
export class TransformerBlocks {
  readonly #ops: Ops;
  readonly #settings: TransformerSettings;
  readonly #parameters: Readonly<Record<string, Value>>;
  readonly #draws: Draws;
  readonly #steps: StepsOfLayer | undefined;

  /**
   * @param draws - the random numbers of dropout; undefined outside of training
   * @param steps - in a stream, whose inputs are one step
   */
  constructor(
    ops: Ops,
    settings: TransformerSettings,
    parameters: Readonly<Record<string, Value>>,
    draws: Draws,
    steps?: StepsOfLayer,
  ) {
    this.#ops = ops;
    this.#settings = settings;
    this.#parameters = parameters;
    this.#draws = settings.parts.dropout > 0 ? draws : undefined;
    this.#steps = steps;
  }

  #dropped(y: Value, place: number): Value {
    const draws = drawsAt(this.#draws, place);
    return draws ? this.#ops.dropout(y, this.#settings.parts.dropout, draws) : y;
  }

  norm(y: Value, name: string): Value {
    const { [`${name}.gamma`]: gamma, [`${name}.beta`]: beta } = this.#parameters;
    return this.#ops.layerNorm(y, gamma!, beta!, this.#settings.epsilon);
  }

  /**
   * The attention of a group of parameters, for `[query]` or `[query, value]`.
   * @param place - of its random numbers; it takes two
   */
  attention(inputs: readonly Value[], group: string, place: number, causal = this.#settings.parts.causal): Value {
    const parts = { ...this.#settings.parts, causal };
    const draws = drawsAt(this.#draws, place);
    const y = attend(this.#ops, inputs, groupOf(this.#parameters, group), parts, draws, this.#steps);
    return this.#dropped(y, place + 1);
  }

  /** The fully connected layers. */
  feed(y: Value): Value {
    const dense = (x: Value, name: string) =>
      this.#ops.affine(x, this.#parameters[`${name}.W`]!, this.#parameters[`${name}.B`]);
    const hidden = this.#settings.activation.apply(this.#ops, dense(y, 'feedForward1'));
    return this.#dropped(dense(this.#dropped(hidden, 2), 'feedForward2'), 3);
  }
}

/** A layer of a Transformer's encoder or decoder: its options and sizes. */
export abstract class TransformerLayer extends Layer {
  protected readonly settings: TransformerSettings;
  protected readonly options: TransformerOptions;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option */
  constructor(options: TransformerOptions & { readonly causal?: boolean | undefined }, isCausal: boolean) {
    super();
    this.settings = transformerSettings(options, isCausal);
    this.options = { ...options };
  }

  get heads(): number {
    return this.settings.parts.heads;
  }

  get feedForward(): number {
    return this.settings.feedForward;
  }

  override get isStepwise(): boolean {
    return this.settings.parts.causal;
  }

  /** The parts of the layer, for one pass. */
  protected blocks(
    ops: Ops,
    parameters: Readonly<Record<string, Value>>,
    { training, memory }: CallContext,
  ): TransformerBlocks {
    const { seed, stream } = this.setup;
    const draws = training ? { seed, stream } : undefined;
    return new TransformerBlocks(ops, this.settings, parameters, draws, memory && { layer: this, memory });
  }

  get normFirst(): boolean {
    return this.settings.normFirst;
  }

  protected override get ownSetup() {
    const { dtype, seed } = this.options;
    return { dtype, seed };
  }

  /** Any number of steps. */
  override get inputShape(): undefined {
    return undefined;
  }
}
