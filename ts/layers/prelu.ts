import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions, oneOf } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { arrayOf, type DType } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

const sharings = ['channel', 'all'] as const;

/** Options of `PReluLayer`. */
export interface PReluOptions {
  /**
   * Which numbers share a slope: those of a 'channel' (default), the first dimension of a row, as `BatchNormLayer` counts
   * features; or 'all'.
   */
  readonly shared?: (typeof sharings)[number] | undefined;
  /** The slopes to begin with; default 0.25. */
  readonly initial?: number | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
}

/**
 * The rectifier with a learned slope below 0 (He et al. 2015): y = x for x > 0, slope · x else. The parameter `slope` has
 * one number for each channel of `[rows, channels, …]`, or one for all. l1 and l2 leave it alone.
 * @example
 * ```ts
 * import { PReluLayer, Tensor } from 'blasnet';
 *
 * new PReluLayer().forward(Tensor.from([[-2, 3]])).toArray(); // → [ [ -0.5, 3 ] ]
 * ```
 */
export class PReluLayer extends Layer {
  override readonly kind = 'prelu';
  readonly shared: (typeof sharings)[number];
  readonly initial: number;
  readonly #dtype: DType | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option */
  constructor(options: PReluOptions = {}) {
    super();
    checkOptions(options, ['shared', 'initial', 'dtype']);
    const { shared = 'channel', initial = 0.25, dtype } = options;
    this.shared = oneOf('shared', sharings, shared);
    if (!Number.isFinite(initial)) throw badArgument('initial', 'a finite number', initial);
    if (dtype !== undefined) arrayOf(dtype);
    this.initial = initial;
    this.#dtype = dtype;
  }

  protected override get ownSetup() {
    return { dtype: this.#dtype };
  }

  override get config(): LayerConfig {
    const { shared, initial } = this;
    return { type: 'PReluLayer', shared, initial, ...definedFields({ dtype: this.#dtype }) };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const [channels] = row!;
    if (this.shared === 'channel' && channels === undefined) {
      throw shapeMismatch('input', 'rows with a first dimension, the channels', 'rows of shape []');
    }
    const shape = [this.shared === 'channel' ? channels! : 1];
    return { slope: { shape, init: this.initial, penalized: false } };
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [x]: readonly Value[], { slope }: Readonly<Record<string, Value>>): Value {
    const channels = slope!.size;
    return ops.prelu(
      x!,
      ops.reshape(
        slope!,
        x!.shape.slice(1).map((_, i) => (i === 0 ? channels : 1)),
      ),
    );
  }
}

registerLayer('PReluLayer', (fields) => new PReluLayer(fields as PReluOptions));
