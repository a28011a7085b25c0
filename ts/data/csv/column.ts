// @internal
import { describe } from '../../core/errors.js';
import type { CategoryEncoding, CsvRow, MissingPolicy } from '../csv-options.js';
import {
  CellProblem,
  decimalIn,
  hasDecimalComma,
  isDecimal,
  isInfinite,
  numberIn,
  requireWithin,
  toNumber,
} from '../preparation/cells.js';
import type { DateReader } from '../preparation/dates.js';
import { Categories } from './categories.js';

/** A column of dates, of which one number is a feature. */
export interface DateFeature {
  readonly reader: DateReader;
  /** The index of the number among those of the date. */
  readonly index: number;
}

export interface ColumnSettings {
  readonly name: string;
  /** The column of the file; for features of dates, `name` is longer. */
  readonly source: string;
  readonly isLabel: boolean;
  /** The encoding of names in a column that the user declared as one of names. */
  readonly declared: CategoryEncoding | undefined;
  /** Whether names are numbered from 1 on, and 0 stands for those that the training file does not have. */
  readonly isEmbedded: boolean;
  /** The encoding of names in a column whose first cell is a name; undefined where that is an error. */
  readonly undeclared: CategoryEncoding | undefined;
  readonly unknown: 'error' | 'zeros';
  readonly missing: MissingPolicy;
  readonly missingCells: ReadonlySet<string>;
  readonly decimal: '.' | ',';
  readonly date: DateFeature | undefined;
  readonly transform: ((cell: string) => number | string) | undefined;
  readonly derive: ((row: CsvRow) => number | string) | undefined;
  /** The greatest number that the dtype holds. */
  readonly limit: number;
}

/** One column of a CSV file, whose cells are numbers, parts of dates, or names of categories. */
export class CsvColumn {
  readonly settings: ColumnSettings;
  readonly #numbersMayBeMissing: boolean;
  #encoding: 'none' | CategoryEncoding | undefined; // undefined until a cell decides
  #categories: Categories | undefined;
  #startsMissing = false;

  constructor(settings: ColumnSettings) {
    this.settings = settings;
    this.#numbersMayBeMissing = [...settings.missingCells].some((cell) => isDecimal(cell));
    if (settings.date) this.#decide('none');
    else if (settings.declared) this.#decide(settings.declared);
  }

  get name(): string {
    return this.settings.name;
  }

  /** The column of the file. */
  get source(): string {
    return this.settings.source;
  }

  /** The encoding of names; 'none' for a column of numbers. */
  get encoding(): 'none' | CategoryEncoding {
    return this.#encoding ?? 'none';
  }

  /** The names of the categories; undefined for a column of numbers. */
  get categories(): Categories | undefined {
    return this.#categories;
  }

  /**
   * The number to keep for a cell: its own, a part of its date, or the code of its category; NaN for a missing cell.
   * @throws CellProblem
   */
  read(cell: string | number): number {
    const { transform, date } = this.settings;
    const value = transform && typeof cell === 'string' && !this.#isMissing(cell) ? transform(cell) : cell;
    if (typeof value !== 'string' && (typeof value !== 'number' || Number.isNaN(value))) throw this.#badlyMade(value);
    if (date) return this.#isMissing(value) ? this.#missing(value) : date.reader.read(String(value))[date.index]!;
    if (this.#encoding === 'none') return this.#number(value);
    if (this.#isMissing(value)) {
      const missing = this.#missing(value);
      return this.settings.missing === 'drop' || !this.#categories?.refusesMissing ? missing : this.#unknown(value);
    }
    if (this.#encoding === undefined) {
      this.#decide((this.#isName(value) && this.settings.undeclared) || 'none');
      if (!this.#categories) return this.#number(value);
    }
    return this.#categories!.codeOf(String(value)) ?? this.#unknown(value);
  }

  /** Whether the first cell of a column makes it one of names. */
  #isName(value: string | number): boolean {
    if (typeof value !== 'string') return false;
    const { isLabel, decimal } = this.settings;
    // True and False are numbers of a feature, but classes of a label.
    const number = isLabel ? decimalIn(value, decimal) : numberIn(value, decimal);
    return Number.isNaN(number) && !isInfinite(value) && !hasDecimalComma(value);
  }

  #unknown(value: string | number): number {
    const { isEmbedded, unknown } = this.settings;
    if (isEmbedded || (this.#encoding === 'oneHot' && unknown === 'zeros')) return -1;
    throw new CellProblem(this.#categories!.expected, describe(value), 'unknownCategory');
  }

  #number(value: string | number): number {
    let number = value as number;
    if (typeof value === 'string') {
      if (this.#numbersMayBeMissing && this.#isMissing(value)) return this.#missing(value);
      const { decimal, isLabel } = this.settings;
      number = decimal === '.' ? toNumber(value) : decimalIn(value, decimal);
      if (Number.isNaN(number)) {
        if (this.#isMissing(value)) return this.#missing(value);
        if (!isLabel) number = numberIn(value, decimal);
        if (Number.isNaN(number)) throw this.#notNumber(value);
      }
    }
    requireWithin(number, this.settings.limit, value);
    return number;
  }

  #notNumber(value: string): CellProblem {
    if (isInfinite(value)) return new CellProblem('a finite number', describe(value), 'infinite');
    if (hasDecimalComma(value)) {
      const expected = this.settings.decimal === ',' ? 'a number' : 'a number with a decimal point';
      return new CellProblem(expected, describe(value), 'decimalComma');
    }
    const mark = this.settings.decimal === ',' ? ' with a decimal comma' : '';
    return new CellProblem(`a number${mark}`, describe(value), 'text');
  }

  #missing(cell: string | number): number {
    const { missing, isLabel } = this.settings;
    if (missing === 'error' || (isLabel && missing !== 'drop')) {
      throw new CellProblem('a cell that is not missing', describe(cell), 'missing');
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
      throw new CellProblem("names in a column with missing: 'category', or another policy", describe(cell), 'missing');
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
