// @internal
import { badArgument } from '../../core/errors.js';
import { isFields } from '../../core/fields.js';
import { badFile } from '../../core/files.js';
import type { GraphInput } from './graph.js';
import { quote } from './quote.js';

/**
 * The shape of one row of an input: the model's, or what the option `inputShape` fills in.
 * @param skipped - how many dimensions are not part of a row: 1 where the first one counts the rows
 * @throws BlasnetError `ERR_BAD_FILE` where lengths are missing, `ERR_BAD_ARGUMENT` for an option that contradicts the model
 */
export function rowShapeOf(input: GraphInput, option: unknown, where: string, skipped: 0 | 1 = 1): readonly number[] {
  const inputShape = isFields(option) ? option[input.name] : option;
  if (inputShape !== undefined) {
    const isShape = Array.isArray(inputShape) && inputShape.every((size) => Number.isSafeInteger(size) && size > 0);
    if (!isShape || inputShape.length === 0) throw badArgument('inputShape', 'the shape of one row', inputShape);
    requireAgreement(input, inputShape, where, skipped);
    return inputShape;
  }
  const row = input.shape?.slice(skipped) ?? [];
  const known = row.filter((size) => size !== undefined);
  const isMissing = input.shape === undefined || input.shape.length < skipped;
  if (isMissing || known.length < row.length) {
    const received = input.shape ? `[${input.shape.map((size) => size ?? '?').join(', ')}]` : 'none';
    const expected = `a shape of rows for input ${quote(input.name)}, or the option inputShape with the shape of one row,`;
    throw badFile(where, expected, received);
  }
  return known;
}

/** The option may fill in the dimensions that the model leaves open, and change no other. */
function requireAgreement({ name, shape }: GraphInput, given: readonly number[], where: string, skipped: number): void {
  if (!shape) return;
  const row = shape.slice(skipped);
  if (row.length === given.length && row.every((size, i) => size === undefined || size === given[i])) return;
  const declared = row.map((size) => size ?? 'any').join(', ');
  throw badArgument(
    'inputShape',
    `the shape [${declared}] of input ${quote(name)} in ${where}`,
    `[${given.join(', ')}]`,
  );
}
