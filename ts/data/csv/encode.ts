// @internal
import { clipped } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { type AnyTensor, type DType, Tensor } from '../../tensor/tensor.js';
import type { ColumnEncoding } from '../preparation/column-encoding.js';
import type { CsvColumn } from './column.js';
import type { ColumnGroup } from './column-groups.js';
import type { NumberTable } from './table.js';

/** Numbers of rows of a table in their order; undefined for all rows in theirs. */
export type RowOrder = Int32Array | undefined;

/** The rows from which means and medians are computed. */
export interface TrainingRows {
  readonly path: string;
  readonly table: NumberTable;
  readonly rows: RowOrder;
}

/** A column of a table, its place in the tensor, and the number that fills its missing cells. */
interface Place {
  readonly column: CsvColumn;
  /** Index in the table. */
  readonly source: number;
  /** First column in the tensor, and how many it takes. */
  readonly offset: number;
  readonly width: number;
  readonly fill: number;
}

/** Makes tensors from tables whose columns have been read to their end. */
export class Encoder {
  readonly #places: readonly Place[];
  readonly #dtype: DType | 'int32';
  readonly #isSingle: boolean;
  readonly width: number;

  constructor({ columns, first, isIndex, isSingle }: ColumnGroup, training: TrainingRows, dtype: DType) {
    let offset = 0;
    this.#dtype = isIndex ? 'int32' : dtype;
    this.#isSingle = isIndex && isSingle;
    this.#places = columns.map((column, i) => {
      const width = column.encoding === 'oneHot' ? column.categories!.names.length : 1;
      const place = { column, source: first + i, offset, width, fill: fillOf(column, first + i, training) };
      offset += width;
      return place;
    });
    this.width = offset;
  }

  /** The names of the tensor's columns: `age`, `color=red` for a category, `sold.year` for a part of a date. */
  get names(): string[] {
    return this.#places.flatMap(({ column: { name, encoding, categories } }) =>
      encoding === 'oneHot' ? categories!.names.map((category) => `${name}=${category}`) : [name],
    );
  }

  /** How rows of cells are encoded, without the user's functions. */
  get encodings(): ColumnEncoding[] {
    const sources = new Map<string, Place[]>();
    for (const place of this.#places) {
      const places = sources.get(place.column.source);
      if (places) places.push(place);
      else sources.set(place.column.source, [place]);
    }
    return [...sources.values()].map(encodingOf);
  }

  /** The shape of a row: a single index has none. */
  get rowShape(): readonly number[] {
    return this.#isSingle ? [] : [this.width];
  }

  /** The type of the tensor's numbers. */
  get dtype(): DType | 'int32' {
    return this.#dtype;
  }

  /** The rows as a tensor, rows × width. */
  encode(table: NumberTable, rows: RowOrder): AnyTensor {
    const count = rows?.length ?? table.count;
    const tensor = Tensor.zeros([count, ...this.rowShape], this.#dtype);
    const { data } = tensor;
    // Column by column, so that what a column is asks nothing in the inner loop.
    for (const { column, source, offset, fill } of this.#places) {
      const { categories } = column;
      for (let i = 0; i < count; i++) {
        const value = table.at(rows ? rows[i]! : i, source);
        const at = i * this.width + offset;
        if (!categories) {
          data[at] = Number.isNaN(value) ? fill : value;
        } else {
          const place = categories.placeOf(value);
          if (column.encoding === 'number') data[at] = column.settings.isEmbedded ? place + 1 : place;
          else if (place >= 0) data[at + place] = 1;
        }
      }
    }
    return tensor;
  }
}

/** @param places - one, or those of the parts of a date */
function encodingOf(places: readonly Place[]): ColumnEncoding {
  const [{ column, fill }] = places as readonly [Place];
  const { source: name, encoding, categories, settings } = column;
  const { missing, missingCells, unknown, date, decimal } = settings;
  const rest = { name, missingCells: [...missingCells] };
  // Only a column of names has a category for missing cells.
  const refused = missing === 'error' || missing === 'drop' || (missing === 'category' && !categories);
  if (date) {
    const fills = places.map((place) => place.fill);
    return { ...rest, encoding: 'date', ...date.reader.encoding, missing: refused ? 'error' : { fill: fills } };
  }
  if (!categories) {
    const mark = decimal === ',' && ({ decimal } as const);
    return { ...rest, encoding, ...mark, missing: refused ? 'error' : { fill } };
  }
  const category = categories.missingName;
  const treatment = refused ? 'error' : category === undefined ? 'unknown' : { category };
  if (settings.isEmbedded) return { ...rest, encoding: 'index', categories: categories.names, missing: treatment };
  return {
    ...rest,
    encoding,
    categories: categories.names,
    unknown: encoding === 'oneHot' ? unknown : 'error',
    missing: treatment,
  };
}

function fillOf({ settings, categories }: CsvColumn, source: number, { path, table, rows }: TrainingRows): number {
  const { missing, name } = settings;
  if (typeof missing === 'number') return missing;
  if (categories || (missing !== 'mean' && missing !== 'median')) return Number.NaN;
  const count = rows?.length ?? table.count;
  const values = new Float64Array(count);
  let known = 0;
  for (let i = 0; i < count; i++) {
    const value = table.at(rows ? rows[i]! : i, source);
    if (!Number.isNaN(value)) values[known++] = value;
  }
  if (known === 0)
    throw badFile(`column '${clipped(name, 60)}' of '${path}'`, `numbers to take the ${missing} of`, 'none');
  const present = values.subarray(0, known);
  if (missing === 'mean') return present.reduce((sum, value) => sum + value / known, 0);
  present.sort();
  return (present[(known - 1) >> 1]! + present[known >> 1]!) / 2;
}
