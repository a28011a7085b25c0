import { badArgument } from '../core/errors.js';
import type { GraphInput } from '../net/net-graph.js';
import { type AnyTensor, type DType, Tensor } from '../tensor/tensor.js';

/** One step of an input: its numbers, or a tensor with a row for each sequence. */
export type StepNumbers = number | readonly number[] | Float32Array | Float64Array | Int32Array | AnyTensor;

/** Whether an input is a sequence, of which a stream takes one step; others are given whole at each step. */
export function isSequence({ rowShape, dtype }: Pick<GraphInput, 'rowShape' | 'dtype'>): boolean {
  return rowShape === undefined || rowShape.length > 1 || (dtype === 'int32' && rowShape.length === 1);
}

/**
 * Numbers of any form as a flat tensor of the type that the input has.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything else
 */
export function stepNumbers(what: string, given: unknown, type: DType | 'int32'): AnyTensor {
  const list = typeof given === 'number' ? [given] : given;
  const isNumbers = Array.isArray(list) || list instanceof Tensor || (ArrayBuffer.isView(list) && 'length' in list);
  if (!isNumbers) throw badArgument(what, 'a number, a list of numbers or a Tensor', given);
  const numbers = (list instanceof Tensor ? list.data : list) as ArrayLike<unknown>;
  const values = Array.from(numbers, (value, i) => {
    const isRight = typeof value === 'number' && (type !== 'int32' || (value | 0) === value);
    if (!isRight) throw badArgument(`${what}[${i}]`, type === 'int32' ? 'a whole number' : 'a number', value);
    return value;
  });
  if (type === 'int32') return Tensor.from(Int32Array.from(values), [values.length]);
  return Tensor.from(type === 'float64' ? Float64Array.from(values) : Float32Array.from(values), [values.length]);
}
