import { badArgument } from '../../core/errors.js';
import { isFields } from '../../core/fields.js';
import type { NestedNumbers } from '../../tensor/nested-numbers.js';
import { type AnyTensor, type FloatArray, Tensor, type TensorType } from '../../tensor/tensor.js';

/** Numbers of raw rows: a tensor, or lists. */
export type RawNumbers = AnyTensor | FloatArray | Int32Array | NestedNumbers;

/** Raw rows by the names of inputs: for each input the numbers of all rows. */
export type NamedRows = Readonly<Record<string, RawNumbers>>;

/** One raw row by the names of inputs. */
export type NamedRow = Readonly<Record<string, RawNumbers | number>>;

/** Whether a row has lists of numbers rather than cells. */
export function hasNumbers(row: unknown): boolean {
  return isFields(row) && Object.values(row).some((value) => typeof value === 'object' && value !== null);
}

/** Whether lists stand in a list. */
export const isNested = (value: unknown) => Array.isArray(value) && typeof value[0] !== 'number';

/**
 * Numbers as a tensor of that type.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything else
 */
export function numbersOf(where: string, value: unknown, dtype: TensorType): AnyTensor {
  if (value instanceof Tensor) return (value as AnyTensor).clone(dtype) as AnyTensor;
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw badArgument(where, 'numbers', value);
  return Tensor.from<TensorType>(value as NestedNumbers, undefined, dtype) as AnyTensor;
}
