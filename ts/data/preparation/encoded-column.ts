import { describe } from '../../core/errors.js';
import type { TensorData } from '../../tensor/tensor.js';
import type { CsvRow, RowCells } from '../csv-options.js';
import { TextWriter } from '../text/text-encoder.js';
import { CellProblem, isInfinite, numberIn, requireWithin } from './cells.js';
import { type ColumnEncoding, widthOf } from './column-encoding.js';
import { DateReader } from './dates.js';
import type { PredictOptions } from './predict-options.js';

/** Functions of the user that change a column's cells before they are encoded. */
export interface CellFunctions {
  readonly transform?: ((cell: string) => number | string) | undefined;
  readonly derive?: ((row: CsvRow) => number | string) | undefined;
}

/** The content of a cell, after the user's functions. */
type Content = string | number | boolean | Missing;

/** A missing cell, with its content for messages. */
interface Missing {
  readonly missing: unknown;
}

const isMissing = (content: Content): content is Missing => typeof content === 'object';

/** A column, ready to encode the cells of single rows. */
export class EncodedColumn {
  readonly name: string;
  /** The index of its first number in a row, and the count of its numbers. */
  readonly offset: number;
  readonly width: number;
  readonly #encoding: ColumnEncoding;
  readonly #functions: CellFunctions;
  readonly #missingCells: ReadonlySet<string>;
  readonly #places: ReadonlyMap<string, number>;
  readonly #dates: DateReader | undefined;
  readonly #texts: TextWriter | undefined;

  constructor(encoding: ColumnEncoding, functions: CellFunctions, offset: number) {
    const { name, parts, format } = encoding;
    this.name = name;
    this.offset = offset;
    this.width = widthOf(encoding);
    this.#encoding = encoding;
    this.#functions = functions;
    this.#missingCells = new Set(encoding.missingCells);
    this.#places = new Map(encoding.categories?.map((category, place) => [category, place]));
    this.#texts = encoding.text && new TextWriter(encoding.text);
    this.#dates = parts && new DateReader({ parts, format }, `dates.${name}`);
  }

  get isDerived(): boolean {
    return this.#functions.derive !== undefined;
  }

  /** Whether a row may lack the column's cell. */
  get fillsMissing(): boolean {
    const { missing, unknown, encoding } = this.#encoding;
    return missing !== 'error' && !(missing === 'unknown' && unknown !== 'zeros' && encoding !== 'index');
  }

  /**
   * The content of the column's cell in a row, after the user's functions.
   * @param row - the whole row as text; for derived columns
   * @throws CellProblem for a value that is not a cell
   */
  contentOf(cells: RowCells, row: CsvRow | undefined): Content {
    const { transform, derive } = this.#functions;
    if (derive) return this.#knownOrMissing(made('derive', derive(row!)));
    const cell: unknown = Object.hasOwn(cells, this.name) ? cells[this.name] : undefined;
    if (cell === undefined || cell === null) return { missing: cell };
    if (typeof cell !== 'string' && typeof cell !== 'number' && typeof cell !== 'boolean') {
      throw new CellProblem('a cell', describe(cell));
    }
    const text = textOf(cell);
    if (this.#missingCells.has(text) || Number.isNaN(cell)) return { missing: cell };
    if (transform) return this.#knownOrMissing(made('transform', transform(text)));
    return typeof cell === 'string' ? text : cell;
  }

  /**
   * Writes the numbers of a cell.
   * @param target - the row
   * @param limit - the greatest number that the row's dtype holds
   * @param unseen - how an unknown name is treated; undefined: as an error, and the caller has no such option
   * @throws CellProblem for a cell that cannot be read
   */
  write(content: Content, target: TensorData, limit: number, unseen: PredictOptions['unseen']): void {
    const { encoding } = this.#encoding;
    if (this.#texts) this.#texts.write(this.#text(content), target, this.offset);
    else if (encoding === 'none') target[this.offset] = this.#number(content, limit);
    else if (encoding === 'date') target.set(this.#date(content), this.offset);
    else {
      const place = this.#place(content, unseen);
      if (encoding === 'number') target[this.offset] = place;
      else if (encoding === 'index') target[this.offset] = place + 1;
      else if (place >= 0) target[this.offset + place] = 1;
    }
  }

  #number(content: Content, limit: number): number {
    if (isMissing(content)) return this.#fillOf(content)[0]!;
    const number = typeof content === 'string' ? numberIn(content, this.#encoding.decimal ?? '.') : Number(content);
    if (Number.isNaN(number)) {
      const isEndless = typeof content === 'string' && isInfinite(content);
      const mark = this.#encoding.decimal ? ' with a decimal comma' : '';
      throw new CellProblem(isEndless ? 'a finite number' : `a number${mark}`, describe(content));
    }
    requireWithin(number, limit, String(content));
    return number;
  }

  #text(content: Content): string {
    if (isMissing(content)) throw notMissing(content);
    return String(content);
  }

  #date(content: Content): readonly number[] {
    if (isMissing(content)) return this.#fillOf(content);
    return this.#dates!.read(String(content));
  }

  /** The numbers that fill a missing cell. */
  #fillOf(content: Missing): readonly number[] {
    const { missing } = this.#encoding;
    if (typeof missing !== 'object' || !('fill' in missing)) throw notMissing(content);
    return typeof missing.fill === 'number' ? [missing.fill] : missing.fill;
  }

  /** The place of a category; −1 for an unknown one that becomes zeros. */
  #place(content: Content, unseen: PredictOptions['unseen']): number {
    const { missing, unknown, encoding, categories } = this.#encoding;
    if (isMissing(content) && missing === 'error') throw notMissing(content);
    const isCategory = isMissing(content) && typeof missing === 'object' && 'category' in missing;
    const names = isCategory ? [missing.category] : namesOf(content);
    for (const name of names) {
      const place = this.#places.get(name);
      if (place !== undefined) return place;
    }
    if (encoding === 'index') return -1;
    if (encoding === 'oneHot' && (unknown === 'zeros' || unseen === 'zero')) return -1;
    const remedy = encoding === 'oneHot' && unseen === 'error' ? "; unseen: 'zero' sets its columns to 0" : '';
    const received = describe(isMissing(content) ? content.missing : content);
    throw new CellProblem(`one of the training data's ${categories!.length} categories`, `${received}${remedy}`);
  }

  #knownOrMissing(value: string | number): Content {
    return typeof value === 'string' && this.#missingCells.has(value) ? { missing: value } : value;
  }
}

/** Whether a row has no cell for a column. */
export function isAbsent(cells: RowCells, name: string): boolean {
  return !Object.hasOwn(cells, name) || cells[name] === undefined || cells[name] === null;
}

/** A cell's text as a CSV file would hold it. */
export function textOf(cell: string | number | boolean): string {
  return String(cell).trim();
}

/** The names that a cell may have as a category: a boolean is written in several ways. */
function namesOf(content: Content): readonly string[] {
  if (typeof content !== 'boolean') return isMissing(content) ? [] : [String(content)];
  return content ? ['true', 'True', 'TRUE', '1'] : ['false', 'False', 'FALSE', '0'];
}

function made(maker: string, value: unknown): string | number {
  if (typeof value === 'string' || (typeof value === 'number' && !Number.isNaN(value))) return value;
  throw new CellProblem(`a number or a string from ${maker}`, describe(value));
}

function notMissing({ missing }: Missing): CellProblem {
  return new CellProblem('a cell that is not missing', describe(missing));
}
