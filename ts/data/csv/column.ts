// @internal
import { describe } from '../../errors.js';
import type { CategoryEncoding, CsvRow, MissingPolicy } from '../csv-options.js';
import { Categories } from './categories.js';
import { CellProblem, isDecimal, requireWithin, toNumber } from './cells.js';

export interface ColumnSettings {
  readonly name: string;
  readonly isLabel: boolean;
  /** How names are encoded where the user said that there are names. */
  readonly declared: CategoryEncoding | undefined;
  /** How names are encoded where the first cell shows that there are names; undefined where that is an error. */
  readonly undeclared: CategoryEncoding | undefined;
  readonly unknown: 'error' | 'zeros';
  readonly missing: MissingPolicy;
  readonly missingCells: ReadonlySet<string>;
  readonly transform: ((cell: string) => number | string) | undefined;
  readonly derive: ((row: CsvRow) => number | string) | undefined;
  /** The greatest number that the dtype holds. */
  readonly limit: number;
}

/** One column of a CSV file, and what its cells mean: numbers, or names of categories. */
export class CsvColumn {
  readonly settings: ColumnSettings;
  readonly #numbersMayBeMissing: boolean;
  #encoding: 'none' | CategoryEncoding | undefined; // undefined until a cell decides
  #categories: Categories | undefined;
  #startsMissing = false;

  constructor(settings: ColumnSettings) {
    this.settings = settings;
    this.#numbersMayBeMissing = [...settings.missingCells].some((cell) => isDecimal(cell));
    if (settings.declared) this.#decide(settings.declared);
  }

  get name(): string {
    return this.settings.name;
  }

  /** How names are encoded; 'none' for a column of numbers. */
  get encoding(): 'none' | CategoryEncoding {
    return this.#encoding ?? 'none';
  }

  /** The names that there are; undefined for a column of numbers. */
  get categories(): Categories | undefined {
    return this.#categories;
  }

  /**
   * The number to keep for a cell: its own, or the code of its category; NaN for a missing one.
   * @throws CellProblem
   */
  read(cell: string | number): number {
    const { transform } = this.settings;
    const value = transform && typeof cell === 'string' && !this.#isMissing(cell) ? transform(cell) : cell;
    if (typeof value !== 'string' && (typeof value !== 'number' || Number.isNaN(value))) throw this.#badlyMade(value);
    if (this.#encoding === 'none') return this.#number(value);
    if (this.#isMissing(value)) {
      const missing = this.#missing(value);
      return this.settings.missing === 'drop' || !this.#categories?.refusesMissing ? missing : this.#unknown(value);
    }
    if (this.#encoding === undefined) {
      const isName = typeof value === 'string' && Number.isNaN(toNumber(value));
      this.#decide((isName && this.settings.undeclared) || 'none');
      if (!this.#categories) return this.#number(value);
    }
    return this.#categories!.codeOf(String(value)) ?? this.#unknown(value);
  }

  #unknown(value: string | number): number {
    if (this.#encoding === 'oneHot' && this.settings.unknown === 'zeros') return -1;
    throw new CellProblem(this.#categories!.expected, describe(value));
  }

  #number(value: string | number): number {
    let number = value as number;
    if (typeof value === 'string') {
      if (this.#numbersMayBeMissing && this.#isMissing(value)) return this.#missing(value);
      number = toNumber(value);
      if (Number.isNaN(number)) {
        if (this.#isMissing(value)) return this.#missing(value);
        const hint = this.settings.isLabel ? '' : ' (or the column in categorical, transform or ignore)';
        throw new CellProblem(`a number${hint}`, describe(value));
      }
    }
    requireWithin(number, this.settings.limit, value);
    return number;
  }

  #missing(cell: string | number): number {
    const { missing, isLabel } = this.settings;
    if (missing === 'error' || (isLabel && missing !== 'drop')) {
      const remedy = isLabel ? "missing: 'drop'" : 'a policy for missing ones';
      throw new CellProblem(`a cell that is not missing (or ${remedy})`, describe(cell));
    }
    this.#startsMissing ||= this.#encoding === undefined;
    if (this.#encoding === 'none') this.#requireFill(cell);
    return Number.NaN;
  }

  #decide(encoding: 'none' | CategoryEncoding): void {
    this.#encoding = encoding;
    if (encoding !== 'none') this.#categories = new Categories();
    else if (this.#startsMissing) this.#requireFill('');
  }

  #requireFill(cell: string | number): void {
    if (this.settings.missing === 'category') {
      throw new CellProblem("names in a column with missing: 'category', or another policy", describe(cell));
    }
  }

  #isMissing(value: string | number): boolean {
    return typeof value === 'string' && this.settings.missingCells.has(value);
  }

  #badlyMade(value: unknown): CellProblem {
    const maker = this.settings.derive ? 'derive' : 'transform';
    return new CellProblem(`a number or a string from ${maker}`, describe(value));
  }
}
