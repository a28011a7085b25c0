import { badArgument } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { PoolWindow } from '../ops/pool-windows.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { sequenceIn, whereMasked } from './sequences.js';

/** Options of pools over steps. */
export interface Pool1dOptions {
  /** Steps in a window. */
  readonly poolSize: number;
  /** Steps from one window to the next; default poolSize. What it does not divide is left out at the end. */
  readonly stride?: number | undefined;
  /** So many steps on either side, at most half of poolSize; default 0. */
  readonly padding?: number | undefined;
}

/** Below all numbers of float32: a step that does not count is never the largest. */
const leastNumber = -3.4e38;

/** The base of pools over the steps of sequences: each feature by itself. */
abstract class Pool1dLayer extends Layer {
  readonly poolSize: number;
  readonly stride: number;
  readonly padding: number;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other, and for an unknown option */
  constructor(options: Pool1dOptions) {
    super();
    const { poolSize, stride, padding = 0 } = fieldsOf('options', options, ['poolSize', 'stride', 'padding']);
    this.poolSize = checkedSize('poolSize', poolSize);
    this.stride = checkedSize('stride', stride === undefined ? poolSize : stride);
    this.padding = checkedSize('padding', padding, 0);
    if (2 * this.padding > this.poolSize) {
      throw badArgument('padding', `at most half of poolSize, ${Math.floor(this.poolSize / 2)}`, padding);
    }
  }

  /** The name of the class in configs. */
  protected abstract get type(): string;

  override get config(): LayerConfig {
    const { type, poolSize, stride, padding } = this;
    return { type, poolSize, stride, padding };
  }

  /** Steps as rows of an image, whose columns are the features. */
  protected get window(): PoolWindow {
    return { poolSize: [this.poolSize, 1], stride: [this.stride, 1], padding: [this.padding, 0] };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const [steps] = sequenceIn(row!);
    const padded = steps + 2 * this.padding;
    if (this.poolSize > padded) {
      throw badArgument('poolSize', `at most the ${padded} steps of the padded input`, this.poolSize);
    }
    return {};
  }

  /** Whether a window has a step that counts. */
  protected override maskOf(ops: Ops, [x]: readonly Value[]): Value | undefined {
    const { mask } = x!;
    if (!mask) return undefined;
    const [rows, steps] = mask.shape as readonly [number, number];
    const pooled = ops.maxPool(ops.reshape(mask, [rows, 1, steps, 1]), this.window);
    return ops.reshape(pooled, [rows, pooled.shape[2]!]);
  }
}

const asImage = (ops: Ops, x: Value) => ops.reshape(x, [x.shape[0]!, 1, ...x.shape.slice(1)]);

const asSequence = (ops: Ops, y: Value) => ops.reshape(y, [y.shape[0]!, ...y.shape.slice(2)]);

/** Numbers of masked steps as one that no window takes; windows without a step that counts give 0. */
function maskedMax(ops: Ops, x: Value, pool: (x: Value) => Value): Value {
  if (!x.mask) return pool(x);
  const largest = pool(whereMasked(ops, x, x.mask, leastNumber));
  const [rows, steps] = x.mask.shape as readonly [number, number];
  const counts = pool(ops.reshape(x.mask, [rows, steps, 1]));
  return ops.where(counts, largest, 0);
}

/**
 * The largest number of each window over the steps, feature by feature: [rows, steps, features] to [rows, windows, features].
 * Padding and masked steps take no part; the first of several that are largest gets the delta.
 * @example
 * ```ts
 * import { MaxPool1dLayer, Tensor } from 'blasnet';
 *
 * const layer = new MaxPool1dLayer({ poolSize: 2 });
 * layer.outputShape([28, 16]); // → [ 14, 16 ]
 * layer.forward(Tensor.from([3, 5, 1, 2], [1, 4, 1])).data; // → Float32Array(2) [ 5, 2 ]
 * ```
 */
export class MaxPool1dLayer extends Pool1dLayer {
  override readonly kind = 'max pool 1d';

  protected get type(): string {
    return 'MaxPool1dLayer';
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return maskedMax(ops, x!, (one) => asSequence(ops, ops.maxPool(asImage(ops, one), this.window)));
  }
}

/**
 * The mean of each window over the steps, feature by feature. Padding counts as zeros, as in PyTorch by default; of masked
 * sequences, the mean is over the steps that count, and 0 where none do.
 */
export class AveragePool1dLayer extends Pool1dLayer {
  override readonly kind = 'average pool 1d';

  protected get type(): string {
    return 'AveragePool1dLayer';
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    const pool = (one: Value) => asSequence(ops, ops.averagePool(asImage(ops, one), this.window));
    const { mask } = x!;
    if (!mask) return pool(x!);
    const shares = pool(ops.reshape(mask, [...mask.shape, 1]));
    return ops.divide(pool(whereMasked(ops, x!, mask, 0)), ops.where(shares, shares, 1));
  }
}

/** The largest number of each feature over all steps that count, or 0: [rows, steps, features] to [rows, features]. */
export class GlobalMaxPool1dLayer extends Layer {
  override readonly kind = 'global max pool 1d';

  override get config(): LayerConfig {
    return { type: 'GlobalMaxPool1dLayer' };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    sequenceIn(row!);
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    const [rows, steps, features] = x!.shape as readonly [number, number, number];
    const pool = (one: Value) => asSequence(ops, ops.maxPool(asImage(ops, one), { poolSize: [steps, 1] }));
    return ops.reshape(maskedMax(ops, x!, pool), [rows, features]);
  }
}

/** The mean of each feature over all steps that count, or 0: [rows, steps, features] to [rows, features]. */
export class GlobalAveragePool1dLayer extends Layer {
  override readonly kind = 'global average pool 1d';

  override get config(): LayerConfig {
    return { type: 'GlobalAveragePool1dLayer' };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    sequenceIn(row!);
    return {};
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    const { mask } = x!;
    if (!mask) return ops.mean(x!, 1);
    const sum = ops.sum(whereMasked(ops, x!, mask, 0), 1);
    return ops.divide(sum, ops.maximum(ops.sum(mask, 1, { keepDims: true }), 1));
  }
}

registerLayer('MaxPool1dLayer', (fields) => new MaxPool1dLayer(fields as unknown as Pool1dOptions));
registerLayer('AveragePool1dLayer', (fields) => new AveragePool1dLayer(fields as unknown as Pool1dOptions));
registerLayer('GlobalMaxPool1dLayer', () => new GlobalMaxPool1dLayer());
registerLayer('GlobalAveragePool1dLayer', () => new GlobalAveragePool1dLayer());
