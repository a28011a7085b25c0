// @internal

const MOST = 1e6;

/** The names in a column: codes in order of appearance while the training file is read, then places in sorted order. */
export class Categories {
  readonly #codes = new Map<string, number>();
  #closed = false;
  #names: readonly string[] = [];
  /** The place in `names` by code; −1 where all rows of that name were dropped. */
  #places: Int32Array = new Int32Array();
  /** The place of missing cells; −1 where there were none. */
  #missingPlace = -1;

  /** The names, sorted: as numbers where all are numbers, else by their letters' codes. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The name of the category of missing cells; undefined if no cell was missing. */
  get missingName(): string | undefined {
    return this.#missingPlace < 0 ? undefined : this.#names[this.#missingPlace];
  }

  /** Whether a missing cell would be a new category, now that there may be none. */
  get refusesMissing(): boolean {
    return this.#closed && this.#missingPlace < 0;
  }

  /** The code of a name, a new one while the training file is read; undefined for a name that may not be new. */
  codeOf(name: string): number | undefined {
    const known = this.#codes.get(name);
    if (known !== undefined && !(this.#closed && this.#places[known]! < 0)) return known;
    if (this.#closed || this.#codes.size >= MOST) return undefined;
    this.#codes.set(name, this.#codes.size);
    return this.#codes.size - 1;
  }

  /** The expected content of a cell for which `codeOf` has no code, for messages. */
  get expected(): string {
    return this.#closed ? `one of the training file's ${this.#names.length} categories` : `at most ${MOST} categories`;
  }

  /**
   * Ends the training file: sorts the names in use.
   * @param codes - the codes of all rows; NaN for a missing cell
   * @param missingName - the name of the category of missing cells
   */
  close(codes: Iterable<number>, missingName: string): void {
    const used = new Set(codes);
    const names = [...this.#codes.keys()].filter((_, code) => used.has(code));
    const hasMissing = used.has(Number.NaN);
    if (hasMissing) names.push(missingName);
    this.#names = sorted(names);
    const places = new Map(this.#names.map((name, place) => [name, place]));
    this.#places = Int32Array.from(this.#codes.keys(), (name) => places.get(name) ?? -1);
    this.#missingPlace = hasMissing ? places.get(missingName)! : -1;
    this.#closed = true;
  }

  /** The place in `names` of a code that was kept in a row; −1 for an unknown category. */
  placeOf(code: number): number {
    return Number.isNaN(code) ? this.#missingPlace : code < 0 ? -1 : this.#places[code]!;
  }
}

function sorted(names: string[]): string[] {
  const areNumbers = names.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
  // Without a comparison, sort goes by UTF-16 codes: the same in every locale.
  return areNumbers ? names.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1)) : names.sort();
}
