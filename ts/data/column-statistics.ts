// @internal
import { shapeMismatch } from '../core/errors.js';
import type { AnyTensor } from '../tensor/tensor.js';

/** The statistics of each column of rows. */
export interface Statistics {
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  /** Adds rows, rows × columns. */
  add(rows: AnyTensor): this;
  /** A copy to which more rows can be added. */
  clone(): Statistics;
}

/** Least value, greatest value, mean and variance of each column over all the rows that were added. */
export class ColumnStatistics implements Statistics {
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
  /** Sums of squared differences from the mean. */
  readonly #squares: Float64Array;
  #rows = 0;

  constructor(readonly width: number) {
    this.min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
    this.mean = new Float64Array(width);
    this.#squares = new Float64Array(width);
  }

  /**
   * Adds rows, rows × columns. Means and variances are updated row by row (Welford), so that columns of large numbers
   * with a small deviation keep their digits.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another width
   */
  add({ data, rowSize, rows }: AnyTensor): this {
    const { width, min, max, mean } = this;
    requireWidth(rowSize, width);
    for (let row = 0, i = 0; row < rows; row++) {
      this.#rows++;
      for (let column = 0; column < width; column++, i++) {
        const value = data[i]!;
        if (value < min[column]!) min[column] = value;
        if (value > max[column]!) max[column] = value;
        const difference = value - mean[column]!;
        mean[column]! += difference / this.#rows;
        this.#squares[column]! += difference * (value - mean[column]!);
      }
    }
    return this;
  }

  /** Standard deviations of the rows themselves, not estimates from a sample: NumPy's `std`. */
  get deviation(): Float64Array {
    return this.#squares.map((sum, column) =>
      this.min[column]! < this.max[column]! ? Math.sqrt(sum / this.#rows) : 0,
    );
  }

  /** A copy to which more rows can be added. */
  clone(): ColumnStatistics {
    const copy = new ColumnStatistics(this.width);
    for (const name of ['min', 'max', 'mean'] as const) copy[name].set(this[name]);
    copy.#squares.set(this.#squares);
    copy.#rows = this.#rows;
    return copy;
  }
}

/** Median and quartiles of each column. */
export interface ColumnQuartiles {
  readonly median: Float64Array;
  /** Third quartile − first quartile. */
  readonly range: Float64Array;
}

/**
 * Median and interquartile range of each column over the rows of all tensors, interpolated as NumPy's `percentile` does.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of different widths
 */
export function quartilesOf(tensors: readonly AnyTensor[]): ColumnQuartiles {
  const width = tensors[0]!.rowSize;
  for (const { rowSize } of tensors) requireWidth(rowSize, width);
  const values = new Float64Array(tensors.reduce((sum, { rows }) => sum + rows, 0));
  const [median, range] = [new Float64Array(width), new Float64Array(width)];
  for (let column = 0; column < width; column++) {
    let at = 0;
    for (const { data } of tensors) for (let i = column; i < data.length; i += width) values[at++] = data[i]!;
    values.sort();
    median[column] = quantile(values, 0.5);
    range[column] = quantile(values, 0.75) - quantile(values, 0.25);
  }
  return { median, range };
}

function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (high - low) * (place - below);
}

/** @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another width */
export function requireWidth(rowSize: number, width: number): void {
  if (rowSize !== width) throw shapeMismatch('rows', `${width} columns`, `${rowSize}`);
}
