import { badArgument } from '../../core/errors.js';
import { type Fields, fieldsOf, isFields, oneOf, repeated } from '../../core/fields.js';
import { definedFields } from '../../core/objects.js';
import { sizeOf } from '../../tensor/tensor.js';
import type { DatePart } from '../csv-options.js';
import { textColumn } from './check-text.js';
import { forecastOf, windowOf } from './check-window.js';
import { type ColumnEncoding, widthOf } from './column-encoding.js';
import { DateReader, datePartNames, dateParts } from './dates.js';
import type { FeatureScaling, InputPreparation, LabelScaling, OutputPreparation, Preparation } from './preparation.js';

const name = 'preparation';
/** Numbers of a row; C++ takes sizes as int32. */
const mostNumbers = 2 ** 31 - 1;

const inputFields = ['inputShape', 'dtype', 'image', 'x', 'featureNames', 'columns'] as const;
const outputFields = ['y', 'classes', 'forecast'] as const;

/**
 * Checks a preparation, which may come from a file, and returns a frozen copy.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the field, what it may be and what it was
 */
export function checkedPreparation(value: unknown): Preparation {
  if (!isFields(value) || value.inputs === undefined) {
    const fields = fieldsOf(name, value, [...inputFields, 'window', ...outputFields]);
    return Object.freeze({ ...inputOf(fields, name), ...outputOf(fields, name) });
  }
  const { inputs, targets } = fieldsOf(name, value, ['inputs', 'targets']);
  return Object.freeze({
    inputs: eachOf('inputs', inputs, inputFields, inputOf),
    targets: eachOf('targets', targets, outputFields, outputOf),
  });
}

/** Checks the preparations of several inputs or outputs. */
function eachOf<Each>(
  side: string,
  value: unknown,
  known: readonly string[],
  check: (fields: Fields, where: string) => Each,
): Readonly<Record<string, Each>> {
  const entries = Object.entries(fieldsOf(`${name}.${side}`, value));
  if (entries.length === 0) throw badArgument(`${name}.${side}`, 'at least one', 'none');
  const checked = entries.map(([key, one]) => {
    const where = `${name}.${side}.${key}`;
    return [key, Object.freeze(check(fieldsOf(where, one, known) as Fields, where))] as const;
  });
  return Object.freeze(Object.fromEntries(checked));
}

function inputOf(fields: Fields, where: string): InputPreparation {
  const inputShape = shapeOf(`${where}.inputShape`, fields.inputShape, 0);
  const size = sizeOf(inputShape);
  const { dtype } = fields;
  if (dtype !== undefined && dtype !== 'int32') throw badArgument(`${where}.dtype`, "'int32' or nothing", dtype);
  if (dtype !== undefined && fields.x !== undefined) throw badArgument(`${where}.x`, 'nothing, for int32,', fields.x);
  const featureNames =
    fields.featureNames === undefined ? undefined : names(`${where}.featureNames`, fields.featureNames);
  if (featureNames && featureNames.length !== size) {
    throw badArgument(`${where}.featureNames`, `${size} names, one for each number of a row`, featureNames.length);
  }
  const columns = fields.columns === undefined ? undefined : columnsOf(`${where}.columns`, fields.columns);
  const window = fields.window === undefined ? undefined : windowOf(`${where}.window`, fields.window, inputShape);
  const rowWidth = columns?.reduce((sum, column) => sum + widthOf(column), 0);
  const width = rowWidth && rowWidth * (window?.length ?? 1);
  if (width !== undefined && width !== size) {
    throw badArgument(`${where}.columns`, `encodings of ${size} numbers`, width);
  }
  return {
    inputShape,
    ...definedFields({
      dtype,
      image: fields.image === undefined ? undefined : imageOf(`${where}.image`, fields.image, size),
      x: fields.x === undefined ? undefined : featureScalingOf(`${where}.x`, fields.x, size),
      featureNames,
      columns,
      window,
    }),
  };
}

function outputOf(fields: Fields, where: string): OutputPreparation {
  return definedFields({
    y: fields.y === undefined ? undefined : labelScalingOf(`${where}.y`, fields.y),
    classes: fields.classes === undefined ? undefined : names(`${where}.classes`, fields.classes),
    forecast: fields.forecast === undefined ? undefined : forecastOf(`${where}.forecast`, fields.forecast),
  });
}

function featureScalingOf(where: string, value: unknown, size: number): FeatureScaling {
  const { per, divisor, offset, scale } = fieldsOf(where, value, ['per', 'divisor', 'offset', 'scale']);
  if (per !== 'column' && per !== 'channel') throw badArgument(`${where}.per`, "'column' or 'channel'", per);
  if (typeof divisor !== 'number' || !Number.isFinite(divisor) || divisor === 0) {
    throw badArgument(`${where}.divisor`, 'a finite number other than 0', divisor);
  }
  const numbers = { offset: numbersOf(`${where}.offset`, offset), scale: numbersOf(`${where}.scale`, scale) };
  const count = numbers.offset.length;
  if (numbers.scale.length !== count)
    throw badArgument(`${where}.scale`, `as many numbers as x.offset, ${count}`, `${numbers.scale.length}`);
  const fits = per === 'column' ? count === size : size % count === 0;
  if (!fits)
    throw badArgument(
      `${where}.offset`,
      per === 'column' ? `${size} numbers` : `a divisor of ${size} numbers`,
      `${count}`,
    );
  return Object.freeze({ per, divisor, ...numbers });
}

function labelScalingOf(where: string, value: unknown): LabelScaling {
  const fields = fieldsOf(where, value, ['offset', 'scale']);
  const [offset, scale] = [numbersOf(`${where}.offset`, fields.offset), numbersOf(`${where}.scale`, fields.scale)];
  if (scale.length !== offset.length) {
    throw badArgument(`${where}.scale`, `as many numbers as y.offset, ${offset.length}`, `${scale.length}`);
  }
  return Object.freeze({ offset, scale });
}

function columnsOf(where: string, value: unknown): readonly ColumnEncoding[] {
  if (!Array.isArray(value) || value.length === 0) throw badArgument(where, 'a list of columns', value);
  const columns = Object.freeze(value.map((column, i) => columnOf(column, `${where}[${i}]`)));
  const twice = repeated(columns.map((column) => column.name));
  if (twice !== undefined) throw badArgument(where, 'columns of different names', twice);
  return columns;
}

function columnOf(value: unknown, where: string): ColumnEncoding {
  if (isFields(value) && value.encoding === 'text') return textColumn(value, where);
  const known = ['name', 'encoding', 'categories', 'parts', 'format', 'decimal', 'unknown', 'missingCells', 'missing'];
  const fields = fieldsOf(where, value, known);
  const { unknown } = fields;
  if (typeof fields.name !== 'string') throw badArgument(`${where}.name`, 'a string', fields.name);
  const encoding = oneOf(`${where}.encoding`, ['none', 'date', 'text', 'oneHot', 'number', 'index'], fields.encoding);
  const isNumber = encoding === 'none' || encoding === 'date';
  const date = encoding === 'date' ? dateOf(fields, where) : undefined;
  for (const field of ['parts', 'format'] as const) {
    if (!date && fields[field] !== undefined) throw badArgument(`${where}.${field}`, 'nothing', fields[field]);
  }
  const { decimal } = fields;
  if (decimal !== undefined && (decimal !== ',' || encoding !== 'none')) {
    throw badArgument(`${where}.decimal`, "',' for a column of numbers, or nothing", decimal);
  }
  const categories = isNumber ? undefined : names(`${where}.categories`, fields.categories);
  if (isNumber && fields.categories !== undefined) throw badArgument(`${where}.categories`, 'none', fields.categories);
  const mayBeZeros = encoding === 'oneHot' && unknown === 'zeros';
  if (unknown !== undefined && !mayBeZeros && (isNumber || encoding === 'index' || unknown !== 'error')) {
    throw badArgument(`${where}.unknown`, isNumber ? 'nothing' : "'error', or 'zeros' with 'oneHot'", unknown);
  }
  const missingCells = textsOf(`${where}.missingCells`, fields.missingCells);
  const width = date ? datePartNames(date.parts).length : undefined;
  const missing = missingOf(fields.missing, { categories, width }, `${where}.missing`);
  const rest = definedFields({
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
    throw badArgument(`${where}.parts`, `a list of ${dateParts.join(', ')}`, parts);
  }
  if (format !== undefined && typeof format !== 'string') throw badArgument(`${where}.format`, 'a string', format);
  const { encoding } = new DateReader({ parts, format }, where);
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
    const { fill, category } = fieldsOf(where, value, [categories ? 'category' : 'fill']);
    if (!categories && width === undefined && typeof fill === 'number' && Number.isFinite(fill)) {
      return Object.freeze({ fill });
    }
    if (width !== undefined) {
      const numbers = numbersOf(`${where}.fill`, fill);
      if (numbers.length === width) return Object.freeze({ fill: numbers });
    }
    if (categories && typeof category === 'string' && categories.includes(category)) return Object.freeze({ category });
  }
  throw badArgument(
    where,
    categories ? "'error', 'unknown' or { category }" : `'error' or { fill${width ? `: ${width} numbers` : ''} }`,
    value,
  );
}

/** @param least - the smallest number of lengths */
function shapeOf(field: string, value: unknown, least: number): readonly number[] {
  const isShape = (lengths: unknown): lengths is number[] =>
    Array.isArray(lengths) &&
    lengths.length >= least &&
    lengths.every((length) => Number.isSafeInteger(length) && length > 0);
  if (!isShape(value) || sizeOf(value) > mostNumbers) {
    throw badArgument(field, `whole numbers above 0 with a product of at most ${mostNumbers}`, value);
  }
  return Object.freeze([...value]);
}

function imageOf(where: string, value: unknown, size: number): NonNullable<InputPreparation['image']> {
  const shape = shapeOf(where, value, 1);
  if (shape.length !== 3 || sizeOf(shape) !== size)
    throw badArgument(where, `a shape of 3 lengths and ${size} numbers`, `[${shape.join(', ')}]`);
  return shape as unknown as NonNullable<InputPreparation['image']>;
}

function names(field: string, value: unknown): readonly string[] {
  const texts = textsOf(field, value);
  if (texts.length === 0) throw badArgument(field, 'at least one name', 'none');
  return texts;
}

function textsOf(field: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string')) {
    throw badArgument(field, 'a list of strings', value);
  }
  return Object.freeze([...value]);
}

function numbersOf(field: string, value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every((number) => Number.isFinite(number))) {
    throw badArgument(field, 'a list of finite numbers', value);
  }
  return Object.freeze([...value]);
}
