import { badArgument } from '../core/errors.js';
import { type AnyTensor, sizeOf, type Tensor, type TensorType } from '../tensor/tensor.js';

/** A tensor on a tape: an input, a parameter, a constant, or the result of an operation. */
export class Value {
  /** While a plan is recorded it has a shape but no numbers yet. Of an int32 value, only operations on whole numbers read it. */
  readonly tensor: Tensor;
  /** Of probabilities: what softmax or sigmoid made them of. Losses compute from there, without taking a logarithm of 0. */
  logits: Logits | undefined;
  /** Of sequences: m × steps numbers, 1 for a step that counts and 0 for padding. All steps count where there is none. */
  mask: Value | undefined;

  /** For the library's own use; operations make values. */
  constructor(tensor: AnyTensor) {
    this.tensor = tensor as Tensor;
  }

  /** The type of its numbers: int32 for whole numbers, such as those of an embedding. */
  get dtype(): TensorType {
    return this.tensor.dtype;
  }

  /** Lengths of the dimensions; the first one of a layer's input counts the rows of the batch. */
  get shape(): readonly number[] {
    return this.tensor.shape;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but a value of int32 */
export function requireIndices(name: string, value: unknown): asserts value is Value {
  if (value instanceof Value && value.dtype === 'int32') return;
  throw badArgument(name, 'an int32 value', value instanceof Value ? `a ${value.dtype} one` : value);
}

/** The operand of softmax or sigmoid. */
export interface Logits {
  readonly kind: 'softmax' | 'sigmoid';
  readonly z: Value;
  /** ln Σ eᶻ of each row; softmax only. */
  readonly logSum?: Tensor | undefined;
}

/** An operand of arithmetic: a value, or a number that counts for every element. */
export type ValueOrNumber = Value | number;
