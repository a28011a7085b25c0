// @internal
import { badArgument } from '../../core/errors.js';
import type { CsvColumnName, CsvInput, CsvLabel, CsvOptions } from '../csv-options.js';
import type { CsvColumn } from './column.js';

/** The columns of an input or a target. */
export interface ColumnGroup {
  /** Of the input or target; '' where it has none. */
  readonly name: string;
  readonly columns: readonly CsvColumn[];
  /** The index of the first of them in a table. */
  readonly first: number;
  /** Whether rows hold class numbers as int32, and a single one that is not in a list. */
  readonly isIndex: boolean;
  readonly isSingle: boolean;
  /** Whether class numbers begin with 1, and 0 stands for other names. */
  readonly isEmbedded?: boolean;
}

/** The columns of an input or a target, as the options give them. */
export interface GivenGroup {
  readonly name: string;
  readonly columns: readonly CsvColumnName[];
  readonly isIndex: boolean;
  readonly isSingle: boolean;
  readonly isEmbedded?: boolean;
}

/** The same with the names of the columns. */
export interface NamedGroup extends Omit<GivenGroup, 'columns'> {
  readonly names: readonly string[];
}

/** The inputs of the options. */
export function inputsIn(inputs: NonNullable<CsvOptions['inputs']>): readonly GivenGroup[] {
  return Object.entries(inputs).map(([name, input]) => {
    const { columns, as } = isGroup(input) ? input : { columns: input, as: undefined };
    return { name, columns: listOf(columns), isIndex: as === 'index', isSingle: !Array.isArray(columns) };
  });
}

/** The name of the input of all columns that are not embedded. */
export const FEATURES = 'features';

/**
 * The inputs of a file with embedded columns.
 * @param embedded - their names
 * @param others - the names of the other features
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an embedded column that has the name of the other input
 */
export function embeddedGroups(embedded: readonly string[], others: readonly string[]): readonly NamedGroup[] {
  const groups = embedded.map((name) => ({ name, isIndex: true, isSingle: true, isEmbedded: true, names: [name] }));
  if (others.length === 0) return groups;
  if (embedded.includes(FEATURES)) {
    throw badArgument('embed', `columns of other names than '${FEATURES}', as the other input is called,`, FEATURES);
  }
  return [{ name: FEATURES, isIndex: false, isSingle: false, names: others }, ...groups];
}

function isGroup(value: CsvLabel | CsvInput): value is CsvInput {
  return typeof value === 'object' && !Array.isArray(value);
}

/**
 * The targets of the options; the one without a name is called ''.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` where there are no columns
 */
export function targetsIn(label: CsvOptions['label']): readonly GivenGroup[] {
  const byName = typeof label === 'object' && !Array.isArray(label);
  const entries = byName ? Object.entries(label as Readonly<Record<string, CsvLabel>>) : [['', label] as const];
  return entries.map(([name, columns]) => {
    const list = columns === undefined ? [] : listOf(columns as CsvLabel);
    if (list.length === 0) throw badArgument('label', 'the column of the labels', columns);
    return { name, columns: list, isIndex: false, isSingle: false };
  });
}

function listOf(columns: CsvLabel): readonly CsvColumnName[] {
  return typeof columns === 'object' ? columns : [columns];
}
