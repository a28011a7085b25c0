// @internal
import { arrayOf, type DType, type FloatArray } from '../../tensor.js';

const CHUNK_ROWS = 1 << 13;

/** Rows of numbers that grows without moving what it holds. */
export class NumberTable {
  readonly #width: number;
  readonly #dtype: DType;
  readonly #chunks: FloatArray[] = [];
  #count = 0;

  constructor(width: number, dtype: DType) {
    this.#width = width;
    this.#dtype = dtype;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a copy of a row of `width` numbers. */
  add(row: ArrayLike<number>): void {
    const at = this.#count % CHUNK_ROWS;
    if (at === 0) this.#chunks.push(new (arrayOf(this.#dtype))(CHUNK_ROWS * this.#width));
    this.#chunks.at(-1)!.set(row, at * this.#width);
    this.#count++;
  }

  at(row: number, column: number): number {
    return this.#chunks[Math.floor(row / CHUNK_ROWS)]![(row % CHUNK_ROWS) * this.#width + column]!;
  }
}
