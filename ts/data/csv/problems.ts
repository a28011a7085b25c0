// @internal
import { describe } from '../../core/errors.js';
import type { CsvMend, CsvProblem, CsvProblemKind } from '../csv-columns-error.js';
import { type CellProblem, isDecimal } from '../preparation/cells.js';
import { isDate } from '../preparation/date-format.js';
import type { CsvColumn } from './column.js';
import { mends } from './mends.js';

/** After so many bad cells of a column, the others tell nothing new. */
const MOST_CELLS = 1000;
/** After so many bad columns, no cells are kept. */
const MOST_SAMPLED = 256;
/** Where there are fewer rows, different names in each are not unusual. */
const LEAST_ROWS = 20;

/** Whether nearly every row has a name of its own. */
export const isNearlyUnique = (names: number, rows: number) => rows >= LEAST_ROWS && names >= 0.9 * rows;

/** A first cell of its kind in a column. */
interface Found {
  readonly problem: CellProblem;
  /** The index of its record in the file. */
  readonly index: number;
}

/** The bad cells of one column. */
class BadColumn {
  readonly found = new Map<CsvProblemKind, Found>();
  /** Bad cells that are text. */
  readonly texts = new Set<string>();
  cells = 0;
  bad = 0;

  constructor(readonly column: CsvColumn) {}
}

/** Collects the bad cells of a file column by column, so that one message can name all of them. */
export class CellProblems {
  readonly #columns = new Map<string, BadColumn>();

  get isEmpty(): boolean {
    return this.#columns.size === 0;
  }

  /** Whether the rest of a column need not be read. */
  isDone(column: CsvColumn): boolean {
    const bad = this.#columns.get(column.source);
    if (!bad) return false;
    // Cells are counted as long as bad ones are, so that their share is right.
    if (bad.bad >= MOST_CELLS) return true;
    bad.cells++;
    return bad.bad > 0 && this.#columns.size > MOST_SAMPLED;
  }

  /**
   * Takes a bad cell.
   * @param cell - its content
   * @param index - the index of its record in the file
   */
  add(column: CsvColumn, problem: CellProblem, cell: string | number, index: number): void {
    const key = column.source;
    let bad = this.#columns.get(key);
    if (!bad) {
      bad = new BadColumn(column);
      bad.cells = 1;
      this.#columns.set(key, bad);
    }
    bad.bad++;
    if (!bad.found.has(problem.kind)) bad.found.set(problem.kind, { problem, index });
    if (problem.kind === 'text' && typeof cell === 'string') bad.texts.add(cell.slice(0, 100));
  }

  /** The indexes of the records whose lines `list` needs. */
  get indexes(): number[] {
    return [...this.#columns.values()].flatMap(({ found }) => [...found.values()].map(({ index }) => index));
  }

  /** The problems, the columns in order of their first bad cell. */
  list(lineOf: (index: number) => number | undefined): CsvProblem[] {
    return [...this.#columns.values()].flatMap((bad) =>
      [...bad.found].map(([kind, { problem, index }]) => ({
        column: bad.column.source,
        kind,
        line: lineOf(index),
        expected: problem.expected,
        received: problem.received,
        mends: mendsFor(kind, bad, problem),
      })),
    );
  }
}

function mendsFor(kind: CsvProblemKind, bad: BadColumn, { received }: CellProblem): readonly CsvMend[] {
  const { source, settings, encoding } = bad.column;
  const { isLabel } = settings;
  const leaveOut = isLabel || settings.derive ? [] : [mends.ignore(source)];
  switch (kind) {
    case 'text':
      return textMends(bad, leaveOut);
    case 'missing': {
      if (isLabel) return [mends.missing(source, 'drop')];
      const isOfNames = encoding !== 'none' || (bad.found.has('text') && ![...bad.texts].every(isDate));
      return [mends.missing(source, isOfNames ? 'category' : 'median'), mends.missing(source, 'drop')];
    }
    case 'decimalComma':
      return [mends.decimal(), ...leaveOut];
    case 'infinite':
      return [mends.missingCell(received.slice(1, -1)), ...leaveOut];
    case 'tooLarge':
      return [...(Number.isFinite(Number(received)) ? [mends.float64()] : []), ...leaveOut];
    case 'date':
      return leaveOut;
    case 'unknownCategory':
      return encoding === 'oneHot' ? [mends.zeros(), ...leaveOut] : leaveOut;
    case 'nameless':
      return leaveOut;
    default:
      return [];
  }
}

function textMends({ column, texts, cells, bad }: BadColumn, leaveOut: readonly CsvMend[]): readonly CsvMend[] {
  const { source, settings } = column;
  if (settings.isLabel) return [mends.categorical(source, 'number')];
  const known = [...texts];
  if (known.length > 0 && known.every(isDate)) return [mends.dates(source, known), ...leaveOut];
  // A few texts among many numbers stand for numbers that nobody knows.
  if (known.length <= 2 && cells >= LEAST_ROWS && bad < cells / 2)
    return [...known.map(mends.missingCell), ...leaveOut];
  if (isNearlyUnique(texts.size, bad)) return leaveOut;
  return [mends.categorical(source, 'oneHot'), ...leaveOut];
}

/** The problem of categories of which nearly every row has its own; undefined for other columns. */
export function uniqueProblem({ source, settings, categories }: CsvColumn, rows: number): CsvProblem | undefined {
  const names = categories?.names;
  if (!names || settings.isLabel || !isNearlyUnique(names.length, rows)) return undefined;
  const sample = names.slice(0, 100).filter((name) => name !== categories.missingName);
  const asNumbers = sample.every(isDecimal) && settings.declared ? [mends.numbers(source)] : [];
  const asDates = sample.every(isDate) ? [mends.dates(source, sample)] : [];
  return {
    column: source,
    kind: 'unique',
    line: undefined,
    expected: 'names that several rows share',
    received: `${names.length} different ones in ${rows} rows, such as ${describe(sample[0])}`,
    mends: [...asDates, ...asNumbers, mends.ignore(source)],
  };
}
