// @internal
import type { AnyTensor } from '../tensor/tensor.js';
import { requireWidth, type Statistics } from './column-statistics.js';
import { ExactSum } from './exact-sum.js';

/** The sums of an {@link ExactStatistics}, as one rank tells them to others. */
export interface StatisticsParts {
  readonly rows: number;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sums: readonly (readonly number[])[];
  readonly squares: readonly (readonly number[])[];
}

/** Column statistics whose bits do not depend on the order of the rows: ranks that share them get the same ones. */
export class ExactStatistics implements Statistics {
  readonly width: number;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly #sums: readonly ExactSum[];
  readonly #squares: readonly ExactSum[];
  #rows = 0;

  constructor(width: number) {
    this.width = width;
    this.min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
    this.#sums = Array.from({ length: width }, () => new ExactSum());
    this.#squares = Array.from({ length: width }, () => new ExactSum());
  }

  add({ data, rowSize, rows }: AnyTensor): this {
    const { width, min, max } = this;
    requireWidth(rowSize, width);
    this.#rows += rows;
    for (let i = 0, column = 0; i < rows * width; i++, column = column + 1 === width ? 0 : column + 1) {
      const value = data[i]!;
      if (value < min[column]!) min[column] = value;
      if (value > max[column]!) max[column] = value;
      this.#sums[column]!.add(value);
      this.#squares[column]!.addProduct(value, value);
    }
    return this;
  }

  /** Adds the rows of another rank. */
  addParts({ rows, min, max, sums, squares }: StatisticsParts): this {
    this.#rows += rows;
    for (let column = 0; column < this.width; column++) {
      this.min[column] = Math.min(this.min[column]!, min[column]!);
      this.max[column] = Math.max(this.max[column]!, max[column]!);
      this.#sums[column]!.addAll(sums[column]!);
      this.#squares[column]!.addAll(squares[column]!);
    }
    return this;
  }

  get parts(): StatisticsParts {
    const partsOf = (all: readonly ExactSum[]) => all.map(({ parts }) => [...parts]);
    const { min, max } = this;
    return { rows: this.#rows, min, max, sums: partsOf(this.#sums), squares: partsOf(this.#squares) };
  }

  get mean(): Float64Array {
    return Float64Array.from(this.#sums, (sum) => sum.value / this.#rows);
  }

  /** Standard deviations of the rows themselves, as those of `ColumnStatistics`. */
  get deviation(): Float64Array {
    const means = this.mean;
    return means.map((mean, column) => {
      if (!(this.min[column]! < this.max[column]!)) return 0;
      // Σ(x − mean)² = Σx² − 2·mean·Σx + rows·mean²
      const sum = new ExactSum(this.#squares[column]!.parts);
      for (const part of this.#sums[column]!.parts) sum.addProduct(-2 * mean, part);
      const square = new ExactSum();
      square.addProduct(mean, mean);
      for (const part of square.parts) sum.addProduct(this.#rows, part);
      return Math.sqrt(Math.max(0, sum.value) / this.#rows);
    });
  }

  clone(): ExactStatistics {
    return new ExactStatistics(this.width).addParts(this.parts);
  }
}
