// @internal
import { badFile } from '../../core/files.js';

/** Counts the bytes that an import takes (of files, decoded numbers, weights), and refuses more than a limit. */
export class Budget {
  readonly limit: number;
  readonly #where: string;
  #left: number;

  constructor(limit: number, where: string) {
    this.limit = limit;
    this.#left = limit;
    this.#where = where;
  }

  /** Bytes taken so far. */
  get used(): number {
    return this.limit - this.#left;
  }

  /**
   * Counts bytes that are about to be allocated.
   * @throws BlasnetError `ERR_BAD_FILE` where they exceed the limit
   */
  take(bytes: number): void {
    if (!(bytes <= this.#left)) throw badFile(this.#where, `a model that takes at most ${this.limit} bytes`, 'more');
    this.#left -= bytes;
  }
}
