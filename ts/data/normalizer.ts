// @internal
import { shapeMismatch } from '../errors.js';
import { arrayOf, type FloatArray, Tensor } from '../tensor.js';

/** Min–max normalisation of columns: (x − min) / (max − min), and 0 for a constant column. */
export class MinMaxNormalizer {
  readonly #min: Float64Array;
  readonly #range: Float64Array;

  /** Learns the columns' ranges from all the tensors together; each is rows × columns. */
  constructor(tensors: readonly Tensor[]) {
    const width = tensors[0]!.rowSize;
    this.#min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    const max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
    for (const { data } of tensors) {
      for (let i = 0; i < data.length; i++) {
        const column = i % width;
        if (data[i]! < this.#min[column]!) this.#min[column] = data[i]!;
        if (data[i]! > max[column]!) max[column] = data[i]!;
      }
    }
    this.#range = max.map((value, column) => value - this.#min[column]!);
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

  #map(x: Tensor, f: (value: number, column: number) => number): Tensor {
    const width = this.#min.length;
    if (x.rowSize !== width) throw shapeMismatch('rows', `${width} columns`, `${x.rowSize}`);
    const source: FloatArray = x.data;
    const target = new (arrayOf(x.dtype))(source.length);
    for (let i = 0; i < source.length; i++) target[i] = f(source[i]!, i % width);
    return Tensor.from(target, x.shape);
  }
}
