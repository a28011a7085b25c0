// @internal
import { badArgument } from '../../core/errors.js';
import type { CsvInput, CsvOptions, DateColumn } from '../csv-options.js';
import { dateParts } from '../preparation/dates.js';

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isColumn: Check = (value) => typeof value === 'string' || Number.isInteger(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const recordOf =
  (check: Check): Check =>
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(check);
const either =
  (...checks: Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);
const isFunction: Check = (value) => typeof value === 'function';
const isEncoding = oneOf('oneHot', 'number');
const isPolicy = either(oneOf('error', 'drop', 'mean', 'median', 'category'), Number.isFinite as Check);

const isPart: Check = (value) => oneOf(...dateParts)(value);
const areParts = either(isPart, (value) => listOf(isPart)(value) && (value as unknown[]).length > 0);
const isDateColumn: Check = (value) =>
  recordOf(() => true)(value) &&
  Object.keys(value as object).every((key) => key === 'parts' || key === 'format') &&
  areParts((value as DateColumn).parts) &&
  either(oneOf(undefined), isString)((value as DateColumn).format);

const areColumns = either(isColumn, (value) => listOf(isColumn)(value) && (value as unknown[]).length > 0);
const byName =
  (check: Check): Check =>
  (value) =>
    recordOf(check)(value) && Object.keys(value as object).length > 0 && !Object.hasOwn(value as object, '');
const isInput: Check = (value) =>
  recordOf(() => true)(value) &&
  Object.keys(value as object).every((key) => key === 'columns' || key === 'as') &&
  areColumns((value as CsvInput).columns) &&
  oneOf(undefined, 'numbers', 'index')((value as CsvInput).as);

const isCountBySet: Check = (value) =>
  recordOf((count) => count === undefined || isCount(count))(value) &&
  Object.keys(value as object).every((key) => key === 'train' || key === 'test');

const encodings = "'oneHot' or 'number'";
const policies = "'error', 'drop', 'mean', 'median', 'category' or a number";

const rules: { readonly [Key in keyof CsvOptions]-?: readonly [expected: string, check: Check] } = {
  label: ['the column of the labels, or columns by target', either(isColumn, listOf(isColumn), byName(areColumns))],
  columns: ['a list of columns', listOf(isColumn)],
  inputs: ["columns, or { columns, as: 'index' }, by input", byName(either(areColumns, isInput))],
  embed: ['a column, or a list of columns', areColumns],
  ignore: ['a list of columns', listOf(isColumn)],
  header: ['true, false or a list of names', either(oneOf(true, false), listOf(isString))],
  delimiter: ['a string without quotes and line breaks', (value) => isString(value) && /^[^"\r\n]+$/.test(`${value}`)],
  quote: ['one character or false', (value) => value === false || (isString(value) && `${value}`.length === 1)],
  comment: ['the beginning of lines to skip', (value) => isString(value) && value !== ''],
  skipLines: ['a number of lines, or { train, test }', either(isCount, isCountBySet)],
  encoding: ["'utf-8' or 'latin1'", oneOf('utf-8', 'latin1')],
  decimal: ["'.' or ','", oneOf('.', ',')],
  categorical: [`${encodings}, for all or by column`, either(isEncoding, recordOf(isEncoding))],
  dates: [
    `${dateParts.join(', ')}, a list of them, or { parts, format }, by column`,
    recordOf(either(areParts, isDateColumn)),
  ],
  unknownCategory: ["'error' or 'zeros'", oneOf('error', 'zeros')],
  transform: ['functions by column', recordOf(isFunction)],
  derive: ['functions by column', recordOf(isFunction)],
  missingCells: ['a list of strings', listOf(isString)],
  missing: [`${policies}, for all or by column`, either(isPolicy, recordOf(isPolicy))],
  dtype: ["'float32' or 'float64'", oneOf('float32', 'float64')],
};

/** The names of all options. */
export const csvOptionNames = Object.keys(rules) as readonly (keyof CsvOptions)[];

/** The names of the given options that only CSV files have. */
export const csvOptionsIn = (options: CsvOptions): string[] =>
  csvOptionNames.filter((name) => options[name] !== undefined);

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option of the wrong type */
export function checkCsvOptions(options: CsvOptions): void {
  for (const [name, [expected, check]] of Object.entries(rules)) {
    const value = options[name as keyof CsvOptions];
    if (value !== undefined && !check(value)) throw badArgument(name, expected, value);
  }
}
