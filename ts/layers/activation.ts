import { didYouMean } from '../did-you-mean.js';
import { badArgument } from '../errors.js';
import { isFields, oneOf } from '../fields.js';
import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/** Kernels of each activation, and the default of its constant where it has one. */
const activations = {
  identity: {},
  sigmoid: { kernel: 'sigmoid' },
  tanh: { kernel: 'tanh' },
  relu: { kernel: 'relu' },
  leakyRelu: { kernel: 'leaky_relu', constant: 'slope', value: 0.01 },
  elu: { kernel: 'elu', constant: 'alpha', value: 1 },
  gelu: { kernel: 'gelu' },
  silu: { kernel: 'silu' },
  softplus: { kernel: 'softplus' },
} as const satisfies Record<string, { kernel?: string; constant?: string; value?: number }>;

/** The name of an activation. */
export type Activation = keyof typeof activations;

/** The names of all activations. */
export const activationNames = Object.freeze(Object.keys(activations) as Activation[]);

/** An activation with its constant: the slope of leakyRelu below 0 (default 0.01), alpha of elu (default 1). */
export type ActivationOptions =
  | { readonly name: Activation }
  | { readonly name: 'leakyRelu'; readonly slope: number }
  | { readonly name: 'elu'; readonly alpha: number };

/**
 * y = f(x), number by number. gelu is the exact one, x·Φ(x).
 * @example
 * ```ts
 * import { ActivationLayer, Tensor } from 'blasnet';
 *
 * new ActivationLayer('relu').forward(Tensor.from([[-2, 3]])).toArray(); // → [ [ 0, 3 ] ]
 * new ActivationLayer({ name: 'leakyRelu', slope: 0.5 }).forward(Tensor.from([[-2, 3]])).toArray(); // → [ [ -1, 3 ] ]
 * ```
 */
export class ActivationLayer extends Layer {
  override readonly kind: Activation;
  readonly #kernel: string | undefined;
  readonly #parameter: number;
  #x?: Tensor;
  #y?: Tensor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or a constant that is not finite */
  constructor(activation: Activation | ActivationOptions) {
    super();
    const options = isFields(activation) ? activation : { name: activation };
    const name = oneOf('activation', activationNames, options.name);
    const known: { kernel?: string; constant?: string; value?: number } = activations[name];
    const given: Readonly<Record<string, unknown>> = options;
    const unknown = Object.keys(given).find((key) => key !== 'name' && key !== known.constant);
    if (unknown !== undefined)
      throw badArgument(name, known.constant ?? 'no constant', unknown, didYouMean(unknown, [known.constant ?? '']));
    const { [known.constant ?? '']: value = known.constant === undefined ? 0 : known.value } = given;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw badArgument(`${name}'s ${known.constant}`, 'a finite number', value);
    }
    this.kind = name;
    this.#kernel = known.kernel;
    this.#parameter = value;
  }

  override get config(): LayerConfig {
    const { constant }: { kernel?: string; constant?: string } = activations[this.kind];
    return { type: 'ActivationLayer', name: this.kind, ...(constant !== undefined && { [constant]: this.#parameter }) };
  }

  override get parameterShapes() {
    return {};
  }

  override outputShape(input: RowShape): RowShape {
    return input;
  }

  override forwardPass(runner: Runner, x: Tensor): Tensor {
    if (this.#kernel === undefined) return x;
    const y = runner.tensor(x.shape);
    runner.run(`${this.#kernel}_forward`, { x, y, parameter: this.#parameter });
    this.#x = x;
    this.#y = y;
    return y;
  }

  override backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    if (this.#kernel === undefined) return dy;
    if (!needsInputDelta) return null;
    const dx = runner.tensor(dy.shape);
    runner.run(`${this.#kernel}_backward`, { x: this.#x!, y: this.#y!, dy, dx, parameter: this.#parameter });
    return dx;
  }
}

registerLayer('ActivationLayer', (fields) => new ActivationLayer(fields as unknown as ActivationOptions));
