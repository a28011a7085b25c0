// @internal
import { badArgument } from '../../core/errors.js';
import { isFields } from '../../core/fields.js';
import { badFile } from '../../core/files.js';
import type { GraphInput } from './graph.js';
import { quote } from './quote.js';

const shapeFor = ({ name }: GraphInput, option: unknown) => (isFields(option) ? option[name] : option);

/**
 * The dimension of an input that counts the rows: the one that the option `inputShape` tells, or the only one that the model
 * leaves open, with a name, where the first one is more than one; else the first one.
 */
export function rowsPlaceOf(input: GraphInput, option: unknown): number {
  const inputShape = shapeFor(input, option);
  if (Array.isArray(inputShape)) return Math.max(inputShape.indexOf('rows'), 0);
  const { shape = [], named } = input;
  const [only] = shape.filter((length) => length === undefined).length === 1 ? named : [];
  return inputShape === undefined && only !== undefined && (shape[0] ?? 0) > 1 ? only : 0;
}

/**
 * The shape of one row of an input: the model's, or what the option `inputShape` fills in.
 * @param rowsAt - the dimension that counts the rows; undefined where a row is a whole input
 * @throws BlasnetError `ERR_BAD_FILE` where lengths are missing, `ERR_BAD_ARGUMENT` for an option that contradicts the model
 */
export function rowShapeOf(
  input: GraphInput,
  option: unknown,
  where: string,
  rowsAt: number | undefined,
): readonly number[] {
  const inputShape = shapeFor(input, option);
  const row = withoutRows(input.shape ?? [], rowsAt);
  if (inputShape !== undefined) {
    const given =
      Array.isArray(inputShape) && inputShape[rowsAt ?? -1] === 'rows' ? withoutRows(inputShape, rowsAt) : inputShape;
    const isShape = Array.isArray(given) && given.every((size) => Number.isSafeInteger(size) && size > 0);
    if (!isShape || given.length === 0) throw badArgument('inputShape', 'the shape of one row', inputShape);
    requireAgreement(input, row, given as readonly number[], where);
    return given as readonly number[];
  }
  const known = row.filter((size) => size !== undefined);
  const isMissing = input.shape === undefined || (rowsAt !== undefined && input.shape.length === 0);
  if (isMissing || known.length < row.length) {
    const received = input.shape ? `[${input.shape.map((size) => size ?? '?').join(', ')}]` : 'none';
    const expected = `a shape of rows for input ${quote(input.name)}, or the option inputShape with the shape of one row,`;
    throw badFile(where, expected, received);
  }
  return known;
}

const withoutRows = <Item>(shape: readonly Item[], rowsAt: number | undefined) =>
  rowsAt === undefined ? shape : shape.toSpliced(rowsAt, 1);

/** The option may fill in the dimensions that the model leaves open, and change no other. */
function requireAgreement(
  { name, shape }: GraphInput,
  row: readonly (number | undefined)[],
  given: readonly number[],
  where: string,
): void {
  if (!shape) return;
  if (row.length === given.length && row.every((size, i) => size === undefined || size === given[i])) return;
  const declared = row.map((size) => size ?? 'any').join(', ');
  throw badArgument(
    'inputShape',
    `the shape [${declared}] of input ${quote(name)} in ${where}`,
    `[${given.join(', ')}]`,
  );
}
