// @internal

import { badFile } from '../../core/files.js';
import { halfToNumber } from '../../core/number-formats.js';
import { decodeElements, type ElementType, elementTypeOf } from '../../npz/npy-elements.js';
import { elementTypeName, elementTypes, externalLocation, type Int64, type TensorMessage } from '../messages.js';
import type { Budget } from './budget.js';

/** Constant numbers of a model. */
export interface ConstantValue {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly isFloat: boolean;
  /** Whether training may change it: it is an initializer, or computed of one. */
  readonly isWeight?: boolean;
  /** The dimension that stands for any number of rows, all of which are the same: it has length 1 here. */
  readonly rowsAt?: number;
  /** How many times the number of rows that dimension has; default 1. */
  readonly rowsTimes?: number;
}

/** Limit on the dimensions of a tensor; ONNX sets none, and images have four. */
const mostDimensions = 8;

/** For each type, the encoding of its numbers in raw_data, and the field that holds them otherwise. */
const types = new Map<
  number,
  { readonly descr: string; readonly field: keyof TensorMessage; readonly isFloat: boolean }
>([
  [elementTypes.float32, { descr: '<f4', field: 'floatData', isFloat: true }],
  [elementTypes.float16, { descr: '<f2', field: 'int32Data', isFloat: true }],
  [elementTypes.float64, { descr: '<f8', field: 'doubleData', isFloat: true }],
  [elementTypes.uint8, { descr: '|u1', field: 'int32Data', isFloat: false }],
  [elementTypes.int8, { descr: '|i1', field: 'int32Data', isFloat: false }],
  [elementTypes.int32, { descr: '<i4', field: 'int32Data', isFloat: false }],
  [elementTypes.int64, { descr: '<i8', field: 'int64Data', isFloat: false }],
  [elementTypes.bool, { descr: '|b1', field: 'int32Data', isFloat: false }],
]);

/** Converts a 64-bit integer to a number. @throws BlasnetError `ERR_BAD_FILE` beyond ±(2^53 − 1) */
export function wholeNumber(value: Int64 | undefined, where: string): number {
  const number = typeof value === 'object' && value !== null ? value.toNumber() : (value ?? 0);
  if (!Number.isSafeInteger(number)) throw badFile(where, 'whole numbers within ±(2^53 − 1)', `about ${number}`);
  return number;
}

/**
 * Decodes a tensor, after a check that its shape, its type and its number of bytes agree.
 * @param where - the name of the tensor in error messages
 * @param mostIntegers - limit on the numbers of an int64 tensor, which is meant to be a shape
 * @throws BlasnetError `ERR_BAD_FILE`
 */
export function constantOf(
  tensor: TensorMessage,
  where: string,
  budget: Budget,
  { mostIntegers = mostDimensions ** 2 } = {},
): ConstantValue {
  const type = types.get(tensor.dataType);
  if (!type) {
    throw badFile(
      where,
      'float16, float32, float64, int8, uint8, int32, int64 or bool',
      elementTypeName(tensor.dataType),
    );
  }
  if (tensor.segment) throw badFile(where, 'a whole tensor', 'a segment of a tensor');
  if (tensor.dataLocation === externalLocation) {
    throw badFile(where, 'external data for initializers only', 'external data of another tensor');
  }
  if (tensor.dims.length > mostDimensions) {
    throw badFile(where, `at most ${mostDimensions} dimensions`, `${tensor.dims.length}`);
  }
  const shape = tensor.dims.map((dim) => wholeNumber(dim, where));
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.some((length) => length < 0) || !Number.isSafeInteger(size)) {
    throw badFile(where, 'dimensions whose product is a size', `[${shape.join(', ')}]`);
  }
  if (tensor.dataType === elementTypes.int64 && size > mostIntegers) {
    throw badFile(where, `at most ${mostIntegers} numbers of int64, since only shapes hold them,`, `${size}`);
  }
  const element = elementTypeOf(type.descr, where);
  const { rawData } = tensor;
  const hasRaw = rawData !== undefined && rawData.length > 0;
  const listed = tensor[type.field] as readonly Int64[];
  const [expected, received, unit] = hasRaw
    ? [size * element.bytes, rawData.length, 'bytes']
    : [size, listed.length, 'numbers'];
  if (expected !== received) {
    throw badFile(where, `${expected} ${unit} for shape [${shape.join(', ')}]`, `${received}`);
  }
  budget.take(size * element.bytes);
  const values = hasRaw
    ? decoded(tensor.dataType, rawData, element, where)
    : tensor.dataType === elementTypes.float16
      ? (listed as number[]).map(halfToNumber)
      : type.isFloat
        ? (listed as number[])
        : listed.map(approximate);
  return { kind: 'constant', shape, values, isFloat: type.isFloat };
}

function decoded(dataType: number, rawData: Uint8Array, element: ElementType, where: string): ArrayLike<number> {
  if (dataType !== elementTypes.int64) return decodeElements(rawData, element, where);
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return Array.from({ length: rawData.length / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}

/** Numbers beyond 2^53 need not be exact: in slices, the largest int64 means 'to the end'. */
const approximate = (value: Int64) => (typeof value === 'object' ? value.toNumber() : value);
