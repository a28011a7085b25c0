// @internal
import { arrayOf, type DType, type FloatArray } from '../../tensor/tensor.js';

/** Numbers for which memory is taken at once; a wide table may have few rows. */
const CHUNK_NUMBERS = 1 << 16;

/** Rows of numbers that grows without moving what it holds. */
export class NumberTable {
  readonly #width: number;
  readonly #chunkRows: number;
  readonly #dtype: DType;
  readonly #chunks: FloatArray[] = [];
  #count = 0;

  constructor(width: number, dtype: DType) {
    this.#width = width;
    this.#chunkRows = Math.max(1, Math.floor(CHUNK_NUMBERS / width));
    this.#dtype = dtype;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a copy of a row of `width` numbers. */
  add(row: ArrayLike<number>): void {
    const at = this.#count % this.#chunkRows;
    if (at === 0) this.#chunks.push(new (arrayOf(this.#dtype))(this.#chunkRows * this.#width));
    this.#chunks.at(-1)!.set(row, at * this.#width);
    this.#count++;
  }

  at(row: number, column: number): number {
    const place = row % this.#chunkRows;
    return this.#chunks[(row - place) / this.#chunkRows]![place * this.#width + column]!;
  }
}
