import { BlasnetError, type ErrorCode } from '../core/errors.js';

/**
 * The kind of a problem: text in a column of numbers; a missing cell; infinity; a number with a decimal comma; a number
 * that the dtype does not hold; text that is not a date; a name that the training file does not have; categories of
 * which nearly every row has its own; a column without a name that does not count the rows; another one.
 */
export type CsvProblemKind =
  | 'text'
  | 'missing'
  | 'infinite'
  | 'decimalComma'
  | 'tooLarge'
  | 'date'
  | 'unknownCategory'
  | 'unique'
  | 'nameless'
  | 'other';

/** An option that mends a problem. */
export interface CsvMend {
  readonly option:
    | 'categorical'
    | 'dates'
    | 'decimal'
    | 'dtype'
    | 'ignore'
    | 'missing'
    | 'missingCells'
    | 'unknownCategory';
  /** The column that the option is for; absent if it is for the whole file. */
  readonly column?: string | undefined;
  /** The value to give, in full or for the column: 'oneHot', ['year', 'month'], 'median', …; for `ignore` the column. */
  readonly value: string | readonly string[] | undefined;
  /** The format that dates need, to be adapted: 'MM/DD/YYYY' or 'DD/MM/YYYY'. */
  readonly format?: string | undefined;
  /** The option as it is written in TypeScript: `categorical: { city: 'oneHot' }`. */
  readonly text: string;
}

/** A fault of a column of a CSV file, with the options that mend it. */
export interface CsvProblem {
  readonly column: string;
  readonly kind: CsvProblemKind;
  /** The line of the first such cell, from 1; undefined where no single line is to blame. */
  readonly line: number | undefined;
  readonly expected: string;
  readonly received: string;
  /** Options that mend it, the best first; each of them suffices. */
  readonly mends: readonly CsvMend[];
}

/** Columns of a CSV file that cannot be read as they are: all of them at once, with options that mend them. */
export class CsvColumnsError extends BlasnetError {
  /** The file with the problems. */
  readonly path: string;
  readonly problems: readonly CsvProblem[];

  constructor(code: ErrorCode, path: string, problems: readonly CsvProblem[]) {
    super(code, messageOf(path, problems));
    this.path = path;
    this.problems = problems;
  }
}

const MOST_SHOWN = 40;

function messageOf(path: string, problems: readonly CsvProblem[]): string {
  const [first] = problems;
  if (problems.length === 1) return `Expected ${sentence(first!, ` of '${path}'`)}`;
  const lines = problems.slice(0, MOST_SHOWN).map((problem) => `\n- ${sentence(problem, '')}`);
  const more = problems.length > MOST_SHOWN ? `\n- and ${problems.length - MOST_SHOWN} more` : '';
  return `Expected columns that can be read in '${path}' but received ${problems.length} problems:${lines.join('')}${more}`;
}

function sentence({ column, line, expected, received, mends }: CsvProblem, where: string): string {
  const name = column.length > 60 ? `${column.slice(0, 60)}…` : column;
  const place = line === undefined ? `column '${name}'` : `line ${line}, column '${name}'${where && ','}`;
  const remedy = mends.length > 0 ? `; use ${mends.map(({ text }) => text).join(' or ')}` : '';
  return `${expected} in ${place}${where} but received ${received}${remedy}`;
}
