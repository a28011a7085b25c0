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
}

/** The columns of an input or a target, as the options give them. */
export interface GivenGroup {
  readonly name: string;
  readonly columns: readonly CsvColumnName[];
  readonly isIndex: boolean;
  readonly isSingle: boolean;
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
