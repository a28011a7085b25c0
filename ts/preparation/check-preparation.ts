import type { DatePart } from '../data/csv-options.js';
import { badArgument } from '../errors.js';
import { type Fields, fieldsOf, repeated } from '../fields.js';
import { given } from '../given.js';
import { sizeOf } from '../tensor.js';
import { type ColumnEncoding, widthOf } from './column-encoding.js';
import { DateReader, datePartNames, dateParts } from './dates.js';
import type { FeatureScaling, LabelScaling, Preparation } from './preparation.js';

const name = 'preparation';
/** Numbers of a row; C++ takes sizes as int32. */
const mostNumbers = 2 ** 31 - 1;

/**
 * Checks a preparation, which may come from a file, and returns a frozen copy.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the field, what it may be and what it was
 */
export function checkedPreparation(value: unknown): Preparation {
  const fields = fieldsOf(name, value, ['inputShape', 'image', 'x', 'y', 'classes', 'featureNames', 'columns']);
  const inputShape = shapeOf('inputShape', fields.inputShape);
  const size = sizeOf(inputShape);
  const featureNames = fields.featureNames === undefined ? undefined : names('featureNames', fields.featureNames);
  if (featureNames && featureNames.length !== size) {
    throw wrong('featureNames', `${size} names, one for each number of a row`, featureNames.length);
  }
  const columns = fields.columns === undefined ? undefined : columnsOf(fields.columns);
  const width = columns?.reduce((sum, column) => sum + widthOf(column), 0);
  if (width !== undefined && width !== size) throw wrong('columns', `encodings of ${size} numbers`, width);
  return Object.freeze({
    inputShape,
    ...given({
      image: fields.image === undefined ? undefined : imageOf(fields.image, size),
      x: fields.x === undefined ? undefined : featureScalingOf(fields.x, size),
      y: fields.y === undefined ? undefined : labelScalingOf(fields.y),
      classes: fields.classes === undefined ? undefined : names('classes', fields.classes),
      featureNames,
      columns,
    }),
  });
}

function featureScalingOf(value: unknown, size: number): FeatureScaling {
  const { per, divisor, offset, scale } = fieldsOf(`${name}.x`, value, ['per', 'divisor', 'offset', 'scale']);
  if (per !== 'column' && per !== 'channel') throw wrong('x.per', "'column' or 'channel'", per);
  if (typeof divisor !== 'number' || !Number.isFinite(divisor) || divisor === 0) {
    throw wrong('x.divisor', 'a finite number other than 0', divisor);
  }
  const numbers = { offset: numbersOf('x.offset', offset), scale: numbersOf('x.scale', scale) };
  const count = numbers.offset.length;
  if (numbers.scale.length !== count)
    throw wrong('x.scale', `as many numbers as x.offset, ${count}`, `${numbers.scale.length}`);
  const fits = per === 'column' ? count === size : size % count === 0;
  if (!fits) throw wrong('x.offset', per === 'column' ? `${size} numbers` : `a divisor of ${size} numbers`, `${count}`);
  return Object.freeze({ per, divisor, ...numbers });
}

function labelScalingOf(value: unknown): LabelScaling {
  const fields = fieldsOf(`${name}.y`, value, ['offset', 'scale']);
  const [offset, scale] = [numbersOf('y.offset', fields.offset), numbersOf('y.scale', fields.scale)];
  if (scale.length !== offset.length) {
    throw wrong('y.scale', `as many numbers as y.offset, ${offset.length}`, `${scale.length}`);
  }
  return Object.freeze({ offset, scale });
}

function columnsOf(value: unknown): readonly ColumnEncoding[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong('columns', 'a list of columns', value);
  const columns = Object.freeze(value.map((column, i) => columnOf(column, `columns[${i}]`)));
  const twice = repeated(columns.map((column) => column.name));
  if (twice !== undefined) throw wrong('columns', 'columns of different names', twice);
  return columns;
}

function columnOf(value: unknown, where: string): ColumnEncoding {
  const known = ['name', 'encoding', 'categories', 'parts', 'format', 'decimal', 'unknown', 'missingCells', 'missing'];
  const fields = fieldsOf(`${name}.${where}`, value, known);
  const { encoding, unknown } = fields;
  if (typeof fields.name !== 'string') throw wrong(`${where}.name`, 'a string', fields.name);
  if (encoding !== 'none' && encoding !== 'date' && encoding !== 'oneHot' && encoding !== 'number') {
    throw wrong(`${where}.encoding`, "'none', 'date', 'oneHot' or 'number'", encoding);
  }
  const isNumber = encoding === 'none' || encoding === 'date';
  const date = encoding === 'date' ? dateOf(fields, where) : undefined;
  for (const field of ['parts', 'format'] as const) {
    if (!date && fields[field] !== undefined) throw wrong(`${where}.${field}`, 'nothing', fields[field]);
  }
  const { decimal } = fields;
  if (decimal !== undefined && (decimal !== ',' || encoding !== 'none')) {
    throw wrong(`${where}.decimal`, "',' for a column of numbers, or nothing", decimal);
  }
  const categories = isNumber ? undefined : names(`${where}.categories`, fields.categories);
  if (isNumber && fields.categories !== undefined) throw wrong(`${where}.categories`, 'none', fields.categories);
  const mayBeZeros = encoding === 'oneHot' && unknown === 'zeros';
  if (unknown !== undefined && !mayBeZeros && (isNumber || unknown !== 'error')) {
    throw wrong(`${where}.unknown`, isNumber ? 'nothing' : "'error', or 'zeros' with 'oneHot'", unknown);
  }
  const missingCells = textsOf(`${where}.missingCells`, fields.missingCells);
  const width = date ? datePartNames(date.parts).length : undefined;
  const missing = missingOf(fields.missing, { categories, width }, `${where}.missing`);
  const rest = given({
    categories,
    ...date,
    decimal: decimal as ',' | undefined,
    unknown: unknown as 'error' | 'zeros' | undefined,
  });
  return Object.freeze({ name: fields.name, encoding, ...rest, missingCells, missing });
}

function dateOf({ parts, format }: Fields, where: string): { parts: readonly DatePart[]; format?: string } {
  const isPart = (part: unknown): part is DatePart => dateParts.includes(part as DatePart);
  if (!Array.isArray(parts) || parts.length === 0 || !parts.every(isPart)) {
    throw wrong(`${where}.parts`, `a list of ${dateParts.join(', ')}`, parts);
  }
  if (format !== undefined && typeof format !== 'string') throw wrong(`${where}.format`, 'a string', format);
  const { encoding } = new DateReader({ parts, format }, `${name}.${where}`);
  return { ...encoding, parts: Object.freeze([...encoding.parts]) };
}

/** @param width - the count of a date's numbers; undefined for other columns */
function missingOf(
  value: unknown,
  { categories, width }: { readonly categories: readonly string[] | undefined; readonly width: number | undefined },
  where: string,
): ColumnEncoding['missing'] {
  if (value === 'error' || (value === 'unknown' && categories)) return value;
  if (typeof value === 'object' && value !== null) {
    const { fill, category } = fieldsOf(`${name}.${where}`, value, [categories ? 'category' : 'fill']);
    if (!categories && width === undefined && typeof fill === 'number' && Number.isFinite(fill)) {
      return Object.freeze({ fill });
    }
    if (width !== undefined) {
      const numbers = numbersOf(`${where}.fill`, fill);
      if (numbers.length === width) return Object.freeze({ fill: numbers });
    }
    if (categories && typeof category === 'string' && categories.includes(category)) return Object.freeze({ category });
  }
  throw wrong(
    where,
    categories ? "'error', 'unknown' or { category }" : `'error' or { fill${width ? `: ${width} numbers` : ''} }`,
    value,
  );
}

function shapeOf(field: string, value: unknown): readonly number[] {
  const isShape = (lengths: unknown): lengths is number[] =>
    Array.isArray(lengths) &&
    lengths.length > 0 &&
    lengths.every((length) => Number.isSafeInteger(length) && length > 0);
  if (!isShape(value) || sizeOf(value) > mostNumbers) {
    throw wrong(field, `whole numbers above 0 with a product of at most ${mostNumbers}`, value);
  }
  return Object.freeze([...value]);
}

function imageOf(value: unknown, size: number): NonNullable<Preparation['image']> {
  const shape = shapeOf('image', value);
  if (shape.length !== 3 || sizeOf(shape) !== size)
    throw wrong('image', `a shape of 3 lengths and ${size} numbers`, `[${shape.join(', ')}]`);
  return shape as unknown as NonNullable<Preparation['image']>;
}

function names(field: string, value: unknown): readonly string[] {
  const texts = textsOf(field, value);
  if (texts.length === 0) throw wrong(field, 'at least one name', 'none');
  return texts;
}

function textsOf(field: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string')) {
    throw wrong(field, 'a list of strings', value);
  }
  return Object.freeze([...value]);
}

function numbersOf(field: string, value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every((number) => Number.isFinite(number))) {
    throw wrong(field, 'a list of finite numbers', value);
  }
  return Object.freeze([...value]);
}

function wrong(field: string, expected: string, received: unknown) {
  return badArgument(`${name}.${field}`, expected, received);
}
