// @internal
import { describe } from '../../core/errors.js';
import { CellProblem } from '../preparation/cells.js';
import { CsvColumn } from './column.js';
import type { CellProblems } from './problems.js';

/**
 * Checks that a column without a name counts the rows from 0 or 1, as pandas and R write it. Such a column is no feature:
 * a net would learn the order of the rows.
 */
export class RowCounter {
  readonly #place: number;
  #first: number | undefined;
  #rows = 0;
  #column: CsvColumn | undefined;

  /** @param place - of the column in a row */
  constructor(place: number) {
    this.#place = place;
  }

  /** The number of the first row. */
  get first(): number {
    return this.#first ?? 0;
  }

  /** Checks the cell of the next row; adds a problem for the first cell that does not count it. */
  add(cells: readonly string[], problems: CellProblems, index: number): void {
    if (this.#column) return;
    const cell = cells[this.#place]!;
    this.#first ??= cell === '1' ? 1 : 0;
    if (cell === String(this.#first + this.#rows++)) return;
    this.#column = namelessColumn();
    const expected = 'row numbers 0, 1, 2, … (or a name for it in the header)';
    problems.add(this.#column, new CellProblem(expected, describe(cell), 'nameless'), cell, index);
  }
}

/** A column to name in a message. */
function namelessColumn(): CsvColumn {
  return new CsvColumn({
    ...{
      name: '',
      source: '',
      isLabel: false,
      declared: undefined,
      isEmbedded: false,
      undeclared: undefined,
      unknown: 'error',
    },
    ...{ missing: 'error', missingCells: new Set<string>(), decimal: '.', date: undefined, limit: 0 },
    ...{ transform: undefined, derive: undefined },
  });
}
