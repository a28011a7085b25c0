// @internal
import { decodeElements, type ElementType, elementTypeOf } from '../../data/npy-elements.js';
import { badFile } from '../../files.js';
import { elementTypes, externalLocation, type Int64, type TensorMessage } from '../messages.js';
import type { Budget } from './budget.js';

/** Numbers that a model file holds. */
export interface ConstantValue {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly isFloat: boolean;
}

/** Dimensions that a tensor may have; ONNX sets no limit, and images have four. */
const mostDimensions = 8;

/** How numbers of each type lie in raw_data, and which field holds them otherwise. */
const types = new Map<
  number,
  { readonly descr: string; readonly field: keyof TensorMessage; readonly isFloat: boolean }
>([
  [elementTypes.float32, { descr: '<f4', field: 'floatData', isFloat: true }],
  [elementTypes.float64, { descr: '<f8', field: 'doubleData', isFloat: true }],
  [elementTypes.int32, { descr: '<i4', field: 'int32Data', isFloat: false }],
  [elementTypes.int64, { descr: '<i8', field: 'int64Data', isFloat: false }],
  [elementTypes.bool, { descr: '|b1', field: 'int32Data', isFloat: false }],
]);

/** A whole number of a file, as a number. @throws BlasnetError `ERR_BAD_FILE` for one beyond 2^53 */
export function wholeNumber(value: Int64 | undefined, where: string): number {
  const number = typeof value === 'object' && value !== null ? value.toNumber() : (value ?? 0);
  if (!Number.isSafeInteger(number)) throw badFile(where, 'whole numbers within ±(2^53 − 1)', `about ${number}`);
  return number;
}

/**
 * The numbers of a tensor, once its shape, its type and the bytes that there are agree.
 * @throws BlasnetError `ERR_BAD_FILE`
 */
export function constantOf(tensor: TensorMessage, where: string, budget: Budget): ConstantValue {
  const type = types.get(tensor.dataType);
  if (!type) throw badFile(where, 'numbers of float, double, int32, int64 or bool', `data type ${tensor.dataType}`);
  if (tensor.segment) throw badFile(where, 'a whole tensor', 'a segment of one');
  if (tensor.dataLocation === externalLocation) throw badFile(where, 'external data of initializers only', 'others');
  if (tensor.dims.length > mostDimensions) {
    throw badFile(where, `at most ${mostDimensions} dimensions`, `${tensor.dims.length}`);
  }
  const shape = tensor.dims.map((dim) => wholeNumber(dim, where));
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.some((length) => length < 0) || !Number.isSafeInteger(size)) {
    throw badFile(where, 'dimensions whose product is a size', `[${shape.join(', ')}]`);
  }
  if (tensor.dataType === elementTypes.int64 && size > mostDimensions ** 2) {
    throw badFile(where, `at most ${mostDimensions ** 2} numbers of int64, which shapes are made of,`, `${size}`);
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

/** The largest int64 stands for 'to the end' in slices, so what lies beyond 2^53 need not be exact. */
const approximate = (value: Int64) => (typeof value === 'object' ? value.toNumber() : value);
