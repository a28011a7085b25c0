import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { type Activation, type ActivationFunction, type ActivationOptions, activationOf } from './activation-table.js';
import { Layer, type LayerConfig } from './layer.js';
import { registerLayer } from './registry.js';

export { type Activation, type ActivationOptions, activationNames } from './activation-table.js';

/**
 * y = f(x), number by number; logSoftmax over the last dimension. gelu is the exact one, x·Φ(x).
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
  readonly #function: ActivationFunction;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or a constant that is not finite */
  constructor(activation: Activation | ActivationOptions) {
    super();
    this.#function = activationOf(activation);
    this.kind = this.#function.name;
  }

  override get config(): LayerConfig {
    return { type: 'ActivationLayer', ...this.#function.options };
  }

  override get parameterShapes() {
    return {};
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return this.#function.apply(ops, x!);
  }
}

registerLayer('ActivationLayer', (fields) => new ActivationLayer(fields as unknown as ActivationOptions));
