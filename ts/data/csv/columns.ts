// @internal
import { badArgument, clipped } from '../../errors.js';
import { repeated } from '../../fields.js';
import { badFile } from '../../files.js';
import { DateReader, dateEncodingOf, datePartNames } from '../../preparation/dates.js';
import type { CategoryEncoding, CsvColumnName, CsvOptions } from '../csv-options.js';
import { limits } from './cells.js';
import { type ColumnSettings, CsvColumn } from './column.js';

/** A column takes some hundred bytes in memory, and may take two bytes in a file. */
export const MOST_COLUMNS = 2 ** 16;
/** Stands for the columns that `missing` does not name. */
const OTHERS = '*';
/** '', '?' and the cells that pandas reads as missing. */
export const MISSING_CELLS: readonly string[] = [
  ...['', '?', 'NA', 'N/A', 'n/a', 'NaN', 'nan', '-NaN', '-nan', 'NULL', 'null', 'None', '<NA>'],
  ...['#N/A', '#N/A N/A', '#NA', '1.#IND', '-1.#IND', '1.#QNAN', '-1.#QNAN'],
];

/** The columns in use. */
export interface Columns {
  readonly features: readonly CsvColumn[];
  readonly labels: readonly CsvColumn[];
  /** Features, then labels: the columns of a table. */
  readonly all: readonly CsvColumn[];
  /** The name of the category of missing cells. */
  readonly missingName: string;
  /** Whether a column without a name is left out, since it should count the rows. */
  readonly hasCounter: boolean;
}

/**
 * Finds the columns that the options name.
 * @param names - those of the training file, in order
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a column that the file does not have, or that is used twice
 */
export function columnsOf(names: readonly string[], options: CsvOptions): Columns {
  const { label, columns, ignore = [], derive = {}, missingCells = MISSING_CELLS } = options;
  const known = new Set(names);
  for (const name of Object.keys(derive)) {
    if (known.has(name)) throw badArgument('derive', 'names that the file does not have', name);
    known.add(name);
  }
  for (const option of ['transform', 'categorical', 'dates', 'missing'] as const) {
    const value = options[option];
    const columns = Object.keys(typeof value === 'object' ? value : {});
    for (const name of columns) if (option !== 'missing' || name !== OTHERS) resolve(name, option);
  }
  const labels = listOf(label).map((column) => resolve(column, 'label'));
  const ignored = ignore.map((column) => resolve(column, 'ignore'));
  const others = new Set([...labels, ...ignored]);
  const hasCounter = (options.header ?? true) === true && !columns && known.has('') && !others.has('');
  if (hasCounter) others.add('');
  const features = columns
    ? columns.map((column) => resolve(column, 'columns'))
    : [...known].filter((name) => !others.has(name));
  const used = [...features, ...labels];
  const twice = repeated([...used, ...new Set(ignored)]);
  if (twice !== undefined) throw badArgument('columns, label and ignore', 'each column once', twice);
  if (features.length === 0) throw badArgument('columns', 'at least one feature', 'none');

  const cells = new Set(missingCells);
  const featureColumns = features.flatMap((name) =>
    settingsOfDate(settingsOf(name, false, options, cells), options).map((settings) => new CsvColumn(settings)),
  );
  const labelColumns = labels.map((name) => new CsvColumn(settingsOf(name, true, options, cells)));
  for (const name of Object.keys(options.dates ?? {})) {
    if (!features.includes(name)) throw badArgument('dates', 'columns that are features', name);
  }
  const same = repeated(featureColumns.map(({ name }) => name));
  if (same !== undefined) throw badArgument('dates', 'parts whose names no other column has', same);
  return {
    features: featureColumns,
    labels: labelColumns,
    all: [...featureColumns, ...labelColumns],
    missingName: missingCells[0] ?? '',
    hasCounter,
  };

  function resolve(column: CsvColumnName, option: string): string {
    const name = typeof column === 'number' ? names.at(column) : column;
    if (name === undefined || !known.has(name) || (typeof column === 'number' && !Number.isInteger(column))) {
      throw badArgument(option, `a column of the file (${listed([...known])})`, column);
    }
    return name;
  }
}

/** @throws BlasnetError `ERR_BAD_FILE` for more columns than a table may have */
export function requireFew(cells: readonly string[], where: string): void {
  if (cells.length > MOST_COLUMNS) throw badFile(where, `at most ${MOST_COLUMNS} columns`, `${cells.length}`);
}

/** @throws BlasnetError `ERR_BAD_FILE` for two columns of one name, or without one */
export function requireNames(names: readonly string[], where: string): readonly string[] {
  const twice = repeated(names);
  if (twice === '') throw badFile(where, 'at most one column without a name', 'several');
  if (twice !== undefined) throw badFile(where, 'columns of different names', `two named '${clipped(twice, 60)}'`);
  return names;
}

/** Names for a message; of many, the first. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 30).map((name) => `'${clipped(name, 60)}'`);
  return names.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}

function listOf(label: CsvOptions['label']): readonly CsvColumnName[] {
  const labels = typeof label === 'string' || typeof label === 'number' ? [label] : label;
  if (!Array.isArray(labels) || labels.length === 0) throw badArgument('label', 'the column of the labels', label);
  return labels;
}

function settingsOf(
  name: string,
  isLabel: boolean,
  { transform, derive, categorical, missing, unknownCategory = 'error', decimal = '.', dtype = 'float32' }: CsvOptions,
  missingCells: ReadonlySet<string>,
): ColumnSettings {
  const declared = typeof categorical === 'object' ? own(categorical, name) : undefined;
  if (isLabel && declared === 'oneHot') {
    throw badArgument(`categorical.${name}`, "'number' for labels, which toOneHot or normalizeY follow", declared);
  }
  const everywhere: CategoryEncoding | undefined = typeof categorical === 'string' ? categorical : undefined;
  return {
    name,
    source: name,
    isLabel,
    declared,
    undeclared: isLabel ? 'number' : everywhere,
    unknown: unknownCategory,
    missing: (typeof missing === 'object' ? (own(missing, name) ?? own(missing, OTHERS)) : missing) ?? 'error',
    missingCells,
    decimal,
    date: undefined,
    transform: transform && own(transform, name),
    derive: derive && own(derive, name),
    limit: limits[dtype],
  };
}

/** The settings of a column's features: one for each number of a date, else the column itself. */
function settingsOfDate(settings: ColumnSettings, { dates }: CsvOptions): readonly ColumnSettings[] {
  const { name, declared } = settings;
  const value = dates && own(dates, name);
  if (value === undefined) return [settings];
  if (declared !== undefined) throw badArgument(`dates.${name}`, 'a column that is not in categorical', declared);
  const encoding = dateEncodingOf(value);
  const reader = new DateReader(encoding, `dates.${name}`);
  return datePartNames(encoding.parts).map((part, index) => ({
    ...settings,
    name: `${name}.${part}`,
    date: { reader, index },
  }));
}

/** An own property: a column may be called 'constructor'. */
function own<Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
