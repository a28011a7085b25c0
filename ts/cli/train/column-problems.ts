import type { CsvColumnsError, CsvMend, CsvProblem } from '../../index.js';
import { ListedError } from '../output.js';
import type { TrainSettings } from './settings.js';

/** A mend as options of the command line. */
interface FlagMend {
  /** The option, such as `--date`. */
  readonly flag: string;
  /** Its argument, such as `sold=year,month`. */
  readonly value: string;
}

const mostListed = 40;

/**
 * Explains which columns of a file cannot be read, each with the options that mend it, and at the end all options that
 * are to be added to the command.
 */
export function explainedColumns(error: CsvColumnsError, settings: TrainSettings): ListedError {
  const { problems, path } = error;
  const columns = new Set(problems.map(({ column }) => column));
  const subject = columns.size === 1 ? '1 column' : `${columns.size} columns`;
  const predicate = columns.size === 1 ? 'cannot be read as it is' : 'cannot be read as they are';
  const lines = [`${subject} of '${path}' ${predicate}:`];
  for (const problem of problems.slice(0, mostListed)) {
    const choices = mendsFor(problem, settings).map((flags) => flags.map(textOf).join(' '));
    lines.push(`  ${problem.column}: ${sentenceOf(problem)}`);
    const all = choices.length > 0 ? choices : problem.mends.map(otherText);
    if (all.length > 0) lines.push(`    use ${all.join(', or ')}`);
  }
  if (problems.length > mostListed) lines.push(`  … and ${problems.length - mostListed} more`);
  const added = problems.flatMap((problem) => mendsFor(problem, settings)[0] ?? []);
  const flags = joinedFlags(withoutIgnored(added));
  if (flags !== '') lines.push(`Add to the command: ${flags}`);
  return new ListedError(lines, error);
}

function sentenceOf({ expected, received, line }: CsvProblem): string {
  return `Expected ${expected}${line === undefined ? '' : ` in line ${line}`} but received ${received}`;
}

/** The ways to mend a problem by options. */
function mendsFor({ mends }: CsvProblem, { reader }: TrainSettings): readonly (readonly FlagMend[])[] {
  return mends.flatMap((mend) => {
    const flags = flagsOf(mend);
    // A feature that is named in --columns cannot be ignored as well.
    const isNamed = mend.option === 'ignore' && reader.columns !== undefined;
    return flags.length === 0 || isNamed ? [] : [flags];
  });
}

function flagsOf({ option, column = '', value, format }: CsvMend): readonly FlagMend[] {
  const one = (flag: string, text: string) => [{ flag, value: text }];
  switch (option) {
    case 'categorical':
      if (value === undefined) return [];
      return one('--categorical', value === 'number' ? `${column}=number` : column);
    case 'dates': {
      const dates = one('--date', `${column}=${[value ?? []].flat().join(',')}`);
      return format === undefined ? dates : [...dates, { flag: '--date-format', value: `${column}=${format}` }];
    }
    case 'missing':
      return one('--missing', `${column}=${value}`);
    case 'unknownCategory':
      return one('--unseen', 'zero');
    case 'missingCells':
      return one('--missing-cells', String(value));
    default:
      return one(`--${option}`, String(value));
  }
}

/** A mend for which there is no option that can be added. */
function otherText({ option, column, text }: CsvMend): string {
  if (option === 'ignore') return `--columns without ${column}`;
  return option === 'categorical' ? `--categorical without ${column}` : text;
}

/** Leaves out other mends of columns that are ignored. */
function withoutIgnored(mends: readonly FlagMend[]): readonly FlagMend[] {
  const ignored = new Set(mends.filter(({ flag }) => flag === '--ignore').map(({ value }) => value));
  const columnOf = ({ flag, value }: FlagMend) => (flag === '--categorical' ? value : value.replace(/=[^=]*$/, ''));
  return mends.filter((mend) => mend.flag === '--ignore' || !ignored.has(columnOf(mend)));
}

/** `--ignore id name --missing age=median`, each argument once. */
function joinedFlags(mends: readonly FlagMend[]): string {
  const names = [...new Set(mends.map(({ flag }) => flag))];
  return names
    .map((name) => {
      const values = mends.filter(({ flag }) => flag === name).map(({ value }) => quoted(value));
      return [name, ...new Set(values)].join(' ');
    })
    .join(' ');
}

const textOf = ({ flag, value }: FlagMend) => `${flag} ${quoted(value)}`;

/** An argument as a shell takes it. */
function quoted(text: string): string {
  return /^[\p{L}\p{N}_./=,:%+-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
