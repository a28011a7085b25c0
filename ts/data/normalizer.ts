// @internal
import { badArgument, shapeMismatch } from '../core/errors.js';
import { type AnyTensor, arrayOf, floatTypeOf, Tensor } from '../tensor/tensor.js';
import { type ColumnQuartiles, ColumnStatistics, quartilesOf, type Statistics } from './column-statistics.js';
import type { FeatureScaling, LabelScaling } from './preparation/preparation.js';
import type { ScalingMethod } from './scaling-options.js';

/** Scales columns: (x − offset) / range, and 0 for a column whose range is 0. */
export class Normalizer {
  readonly #offset: Float64Array;
  readonly #range: Float64Array;

  constructor(offset: Float64Array, range: Float64Array) {
    this.#offset = offset;
    this.#range = range;
  }

  /** The normalizer of a method for the columns of these rows; `quartiles` are needed for 'robust' only. */
  static of(
    method: ScalingMethod,
    { min, max, mean, deviation }: Statistics,
    quartiles: () => ColumnQuartiles,
  ): Normalizer {
    if (method === 'standard') return new Normalizer(mean, deviation);
    const range = max.map((value, column) => value - min[column]!);
    if (method === 'minMax') return new Normalizer(min, range);
    const { median, range: middle } = quartiles();
    // More than half of the values may be one value, as in most one-hot columns: such a column is shifted only.
    return new Normalizer(
      median,
      middle.map((value, column) => value || (range[column] === 0 ? 0 : 1)),
    );
  }

  /** The normalizer of a method for all rows of these tensors. */
  static ofTensors(method: ScalingMethod, tensors: readonly AnyTensor[]): Normalizer {
    const statistics = new ColumnStatistics(tensors[0]!.rowSize);
    for (const tensor of tensors) statistics.add(tensor);
    return Normalizer.of(method, statistics, () => quartilesOf(tensors));
  }

  /** The same rows, normalised; a new tensor. */
  normalize(x: AnyTensor): Tensor {
    return this.#map(x, (value, column) => {
      const range = this.#range[column]!;
      return range === 0 ? 0 : (value - this.#offset[column]!) / range;
    });
  }

  /** Reverses {@link Normalizer.normalize}; a new tensor. */
  deNormalize(y: AnyTensor): Tensor {
    return this.#map(y, (value, column) => value * this.#range[column]! + this.#offset[column]!);
  }

  /** {@link Normalizer.normalize} as plain numbers. */
  get scaling(): FeatureScaling {
    // A range so small that its inverse is infinite is as good as none.
    const inverse = (range: number) => (range === 0 ? 0 : Math.min(1 / range, Number.MAX_VALUE));
    return { per: 'column', divisor: 1, offset: [...this.#offset], scale: Array.from(this.#range, inverse) };
  }

  /** {@link Normalizer.deNormalize} as plain numbers. */
  get inverse(): LabelScaling {
    return { offset: [...this.#offset], scale: [...this.#range] };
  }

  #map(x: AnyTensor, f: (value: number, column: number) => number): Tensor {
    if (!(x instanceof Tensor)) throw badArgument('rows', 'a Tensor', x);
    const width = this.#offset.length;
    if (x.rowSize !== width) throw shapeMismatch('rows', `${width} columns`, `${x.rowSize}`);
    const source = x.data;
    const target = new (arrayOf(floatTypeOf(x)))(source.length);
    for (let i = 0; i < source.length; i++) target[i] = f(source[i]!, i % width);
    return Tensor.from(target, x.shape);
  }
}
