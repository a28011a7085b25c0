// @internal
import { badArgument, clipped } from '../../core/errors.js';
import { repeated } from '../../core/fields.js';
import { badFile } from '../../core/files.js';
import type { CsvColumnName, CsvOptions } from '../csv-options.js';
import { CsvColumn } from './column.js';
import { type ColumnGroup, embeddedGroups, inputsIn, type NamedGroup, targetsIn } from './column-groups.js';
import { OTHERS, settingsOfAll } from './column-settings.js';

/** A column takes some hundred bytes in memory, and may take two bytes in a file. */
export const MOST_COLUMNS = 2 ** 16;
/** '', '?' and the cells that pandas reads as missing. */
export const MISSING_CELLS: readonly string[] = [
  ...['', '?', 'NA', 'N/A', 'n/a', 'NaN', 'nan', '-NaN', '-nan', 'NULL', 'null', 'None', '<NA>'],
  ...['#N/A', '#N/A N/A', '#NA', '1.#IND', '-1.#IND', '1.#QNAN', '-1.#QNAN'],
];

/** The columns in use. */
export interface Columns {
  readonly inputs: readonly ColumnGroup[];
  readonly targets: readonly ColumnGroup[];
  readonly features: readonly CsvColumn[];
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
  const { label, columns, inputs, embed, ignore = [], derive = {}, missingCells = MISSING_CELLS } = options;
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
  if (embed !== undefined && inputs) throw badArgument('embed', 'no inputs beside it', 'both');
  if (columns && inputs) throw badArgument('columns', 'no inputs beside it', 'both');
  const targets = targetsIn(label).map((group) => ({ ...group, names: resolveAll(group.columns, 'label') }));
  const labels = targets.flatMap(({ names }) => names);
  const ignored = ignore.map((column) => resolve(column, 'ignore'));
  const others = new Set([...labels, ...ignored]);
  const isChosen = columns !== undefined || inputs !== undefined;
  const hasCounter = (options.header ?? true) === true && !isChosen && known.has('') && !others.has('');
  if (hasCounter) others.add('');
  const rest = () => [...known].filter((name) => !others.has(name));
  const chosen = () => (columns ? resolveAll(columns, 'columns') : rest());
  const groups = inputs
    ? inputsIn(inputs).map((group) => ({ ...group, names: resolveAll(group.columns, `inputs.${group.name}`) }))
    : embed === undefined
      ? [{ name: '', isIndex: false, isSingle: false, names: chosen() }]
      : groupsWith(resolveAll(typeof embed === 'object' ? embed : [embed], 'embed'), chosen());
  const features = groups.flatMap(({ names }) => names);
  const used = [...features, ...labels];
  const twice = repeated([...used, ...new Set(ignored)]);
  if (twice !== undefined) {
    throw badArgument(`${inputs ? 'inputs' : 'columns'}, label and ignore`, 'each column once', twice);
  }
  if (features.length === 0) throw badArgument('columns', 'at least one feature', 'none');

  const cells = new Set(missingCells);
  let first = 0;
  const made = (group: NamedGroup, isLabel: boolean): ColumnGroup => {
    const { name, names, isIndex, isSingle, isEmbedded = false } = group;
    const kind = isLabel ? 'label' : isEmbedded ? 'embedded' : isIndex ? 'index' : 'feature';
    const all = names.flatMap((column) => settingsOfAll(column, kind, options, cells));
    const start = first;
    first += all.length;
    return {
      name,
      columns: all.map((settings) => new CsvColumn(settings)),
      first: start,
      isIndex,
      isSingle,
      isEmbedded,
    };
  };
  const inputGroups = groups.map((group) => made(group, false));
  const targetGroups = targets.map((group) => made(group, true));
  const [featureColumns, labelColumns] = [inputGroups, targetGroups].map((all) =>
    all.flatMap((group) => group.columns),
  );
  for (const name of Object.keys(options.dates ?? {})) {
    if (!features.includes(name)) throw badArgument('dates', 'columns that are features', name);
  }
  const same = repeated(featureColumns!.map(({ name }) => name));
  if (same !== undefined) throw badArgument('dates', 'parts whose names no other column has', same);
  return {
    inputs: inputGroups,
    targets: targetGroups,
    features: featureColumns!,
    all: [...featureColumns!, ...labelColumns!],
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

  function groupsWith(embedded: readonly string[], features: readonly string[]): readonly NamedGroup[] {
    const taken = embedded.find((name) => others.has(name));
    if (taken !== undefined) throw badArgument('embed', 'columns that are neither labels nor ignored', taken);
    return embeddedGroups(
      embedded,
      features.filter((name) => !embedded.includes(name)),
    );
  }

  function resolveAll(all: readonly CsvColumnName[], option: string): readonly string[] {
    return all.map((column) => resolve(column, option));
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
