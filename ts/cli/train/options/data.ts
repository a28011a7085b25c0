import { InvalidArgumentError } from 'commander';
import { dateParts } from '../../../data/preparation/dates.js';
import type { CategoryEncoding, CsvOptions, DatePart, MissingPolicy, ScalingMethod } from '../../../index.js';
import { oneOfWords, pairOf, share } from '../../values.js';
import { setting } from '../settings.js';

const unseen = oneOfWords(['error', 'zero']);
const scalings: readonly ScalingMethod[] = ['minMax', 'standard', 'robust'];

/** The options that say which rows and columns there are, and what becomes of them. */
export const dataOptions = [
  setting('reader.label', '-l, --label <columns...>', 'column or columns to predict; CSV files need it'),
  setting('reader.test', '--test <file>', 'file of test rows, instead of a part of the data', { conflicts: ['split'] }),
  setting(
    'reader.split',
    '--split <share>',
    'part of the rows, chosen at random, for the test set: a share such as 0.2, or k for 1/k; 0: none',
    { parse: share, fallback: 5 },
  ),
  setting('validation', '--validation <share>', 'part of the other rows for validation, in the same form; 0: none', {
    parse: share,
    fallback: 10,
  }),
  setting('reader.ignore', '--ignore <columns...>', 'columns that are not features'),
  setting('reader.columns', '--columns <columns...>', 'the features (default: all but labels and ignored columns)'),
  setting(
    'reader.categorical',
    '--categorical [columns...]',
    'columns of names: one-hot (name) or numbered (name=number); without columns: all that begin with a text',
    { convert: categoricalOf },
  ),
  setting(
    'reader.embed',
    '--embed <columns...>',
    'columns of names that get an embedding each, instead of one-hot columns: --embed city street',
    {
      convert: (columns: readonly string[]) => columns.flatMap((text) => text.split(',')).filter((name) => name !== ''),
    },
  ),
  setting('reader.unknownCategory', '--unseen <policy>', 'names that only other rows have: error (default), or zero', {
    parse: (text) => (unseen(text) === 'zero' ? 'zeros' : 'error'),
  }),
  setting(
    'reader.dates',
    '--date <parts...>',
    `columns of dates, and the parts that become features: date=year,month; parts: ${dateParts.join(', ')}`,
    { convert: datesOf },
  ),
  setting('command.dateFormats', '--date-format <formats...>', 'formats of dates that are not ISO: date=DD/MM/YYYY', {
    convert: formatsOf,
  }),
  setting(
    'reader.missing',
    '--missing <policies...>',
    'missing cells: error (default), drop, mean, median, category or a number; for one column: name=policy; of a time series error or previous',
    { convert: missingOf },
  ),
  setting('command.missingCells', '--missing-cells <texts...>', 'further texts of missing cells'),
  setting('reader.header', '--no-header', 'the first line is a row; columns are called 0, 1, …'),
  setting('reader.delimiter', '--delimiter <text>', 'text between cells (default: as in the first line)'),
  setting('reader.decimal', '--decimal <mark>', 'decimal mark: . (default) or ,', { parse: oneOfWords(['.', ',']) }),
  setting('reader.encoding', '--encoding <name>', 'utf-8 (default) or latin1', {
    parse: oneOfWords(['utf-8', 'latin1']),
  }),
  setting(
    'scale',
    '--scale <method>',
    `scaling of features, and of labels for fitting: ${scalings.join(', ')} (default: minMax; of a time series standard)`,
    { parse: oneOfWords(scalings), conflicts: ['normalize'] },
  ),
  setting('normalize', '--no-normalize', 'do not scale features and labels'),
];

/** The parts of a date without a list of them. */
const usualParts: readonly DatePart[] = ['year', 'month', 'day', 'weekday'];

function datesOf(texts: readonly string[]): NonNullable<CsvOptions['dates']> {
  const entries = texts.map((text): [string, readonly DatePart[]] => {
    const [name, list] = pairOf(text) ?? [text];
    return [name, list === undefined ? usualParts : list.split(',').map(oneOfWords(dateParts))];
  });
  return Object.fromEntries(entries);
}

function formatsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const entries = texts.map((text) => {
    const pair = pairOf(text);
    if (!pair) throw new InvalidArgumentError(`Expected column=format but received '${text}'`);
    return pair;
  });
  return Object.fromEntries(entries);
}

function categoricalOf(columns: true | readonly string[]): NonNullable<CsvOptions['categorical']> {
  if (columns === true) return 'oneHot';
  const entries = columns.map((column): [string, CategoryEncoding] => {
    const [name, encoding] = pairOf(column) ?? [];
    return encoding === 'number' || encoding === 'oneHot' ? [name!, encoding] : [column, 'oneHot'];
  });
  return Object.fromEntries(entries);
}

/** The last one is for time series. */
const policies = ['error', 'drop', 'mean', 'median', 'category', 'previous'];

/** One policy for all columns, some for single columns, or one for all with exceptions. */
function missingOf(texts: readonly string[]): NonNullable<CsvOptions['missing']> {
  const entries = texts.map((text): [string, MissingPolicy] => {
    if (isPolicy(text)) return ['*', policyOf(text)];
    const [name, policy] = pairOf(text) ?? [];
    if (name === undefined || !isPolicy(policy!)) {
      throw new InvalidArgumentError(
        `Expected ${policies.join(', ')} or a number, for all columns or as name=policy, but received '${text}'`,
      );
    }
    return [name, policyOf(policy!)];
  });
  const [everywhere, second] = entries.filter(([name]) => name === '*');
  if (second) {
    throw new InvalidArgumentError(
      `Expected one policy for all columns but received ${everywhere![1]} and ${second[1]}; ` +
        'name=policy is for one column',
    );
  }
  return everywhere && entries.length === 1 ? everywhere[1] : Object.fromEntries(entries);
}

const isPolicy = (text: string) => policies.includes(text) || (text.trim() !== '' && Number.isFinite(Number(text)));

const policyOf = (text: string) => (policies.includes(text) ? text : Number(text)) as MissingPolicy;
