// @internal
import { badFile } from '../../files.js';

/** How many bytes an import may still take: of files read, of numbers decoded, of the net's weights. */
export class Budget {
  readonly limit: number;
  readonly #where: string;
  #left: number;

  constructor(limit: number, where: string) {
    this.limit = limit;
    this.#left = limit;
    this.#where = where;
  }

  get used(): number {
    return this.limit - this.#left;
  }

  /**
   * Call before memory is allocated.
   * @throws BlasnetError `ERR_BAD_FILE`
   */
  take(bytes: number): void {
    if (!(bytes <= this.#left)) throw badFile(this.#where, `a model that takes at most ${this.limit} bytes`, 'more');
    this.#left -= bytes;
  }
}
