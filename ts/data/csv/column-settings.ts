// @internal
import { badArgument } from '../../core/errors.js';
import type { CategoryEncoding, CsvOptions } from '../csv-options.js';
import { limits } from '../preparation/cells.js';
import { DateReader, dateEncodingOf, datePartNames } from '../preparation/dates.js';
import type { ColumnSettings } from './column.js';

/** Stands for the columns that `missing` does not name. */
export const OTHERS = '*';

/** The settings of a column: one for each number of a date, where it is a feature. */
export function settingsOfAll(
  name: string,
  kind: 'feature' | 'index' | 'embedded' | 'label',
  options: CsvOptions,
  cells: ReadonlySet<string>,
): readonly ColumnSettings[] {
  const settings = settingsOf(name, kind === 'label', options, cells);
  if (kind === 'label') return [settings];
  if (kind === 'feature') return settingsOfDate(settings, options);
  if (settings.declared === 'oneHot') {
    throw badArgument(`categorical.${name}`, "'number', or nothing, for a column that is read as 'index'", 'oneHot');
  }
  if (options.dates && own(options.dates, name) !== undefined) {
    throw badArgument(`dates.${name}`, "a column that is not read as 'index'", 'one that is');
  }
  return [{ ...settings, declared: 'number', isEmbedded: kind === 'embedded' }];
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
    isEmbedded: false,
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
