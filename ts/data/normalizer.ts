// @internal
import { badArgument, shapeMismatch } from '../errors.js';
import type { FeatureScaling, LabelScaling } from '../preparation/preparation.js';
import { arrayOf, type FloatArray, Tensor } from '../tensor.js';

/** The least and the greatest value of each column, over all the rows that were shown. */
export class ColumnRanges {
  readonly min: Float64Array;
  readonly max: Float64Array;

  constructor(width: number) {
    this.min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
  }

  /** Shows rows; each is rows × columns. */
  add({ data, rowSize }: Tensor): this {
    const width = this.min.length;
    if (rowSize !== width) throw shapeMismatch('rows', `${width} columns`, `${rowSize}`);
    for (let i = 0; i < data.length; i++) {
      const column = i % width;
      if (data[i]! < this.min[column]!) this.min[column] = data[i]!;
      if (data[i]! > this.max[column]!) this.max[column] = data[i]!;
    }
    return this;
  }

  /** A copy that can be shown more. */
  clone(): ColumnRanges {
    const copy = new ColumnRanges(this.min.length);
    copy.min.set(this.min);
    copy.max.set(this.max);
    return copy;
  }
}

/** Min–max normalisation of columns: (x − min) / (max − min), and 0 for a constant column. */
export class MinMaxNormalizer {
  readonly #min: Float64Array;
  readonly #range: Float64Array;

  constructor({ min, max }: ColumnRanges) {
    this.#min = min;
    this.#range = max.map((value, column) => value - min[column]!);
  }

  /** The same rows, normalised; a new tensor. */
  normalize(x: Tensor): Tensor {
    return this.#map(x, (value, column) => {
      const range = this.#range[column]!;
      return range === 0 ? 0 : (value - this.#min[column]!) / range;
    });
  }

  /** Undoes {@link MinMaxNormalizer.normalize}. */
  deNormalize(y: Tensor): Tensor {
    return this.#map(y, (value, column) => value * this.#range[column]! + this.#min[column]!);
  }

  /** {@link MinMaxNormalizer.normalize} as plain numbers. */
  get scaling(): FeatureScaling {
    // A range so small that its inverse is infinite is as good as none.
    const inverse = (range: number) => (range === 0 ? 0 : Math.min(1 / range, Number.MAX_VALUE));
    return { per: 'column', divisor: 1, offset: [...this.#min], scale: Array.from(this.#range, inverse) };
  }

  /** {@link MinMaxNormalizer.deNormalize} as plain numbers. */
  get inverse(): LabelScaling {
    return { offset: [...this.#min], scale: [...this.#range] };
  }

  #map(x: Tensor, f: (value: number, column: number) => number): Tensor {
    if (!(x instanceof Tensor)) throw badArgument('rows', 'a Tensor', x);
    const width = this.#min.length;
    if (x.rowSize !== width) throw shapeMismatch('rows', `${width} columns`, `${x.rowSize}`);
    const source: FloatArray = x.data;
    const target = new (arrayOf(x.dtype))(source.length);
    for (let i = 0; i < source.length; i++) target[i] = f(source[i]!, i % width);
    return Tensor.from(target, x.shape);
  }
}
