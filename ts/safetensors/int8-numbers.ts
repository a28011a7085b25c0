// @internal
import type { Tensor } from '../tensor/tensor.js';

/** Whole numbers from −128 to 127 as a file holds them: a byte each. */
export class Int8Numbers {
  readonly dtype = 'int8';
  readonly shape: readonly number[];
  readonly data: Int8Array;

  /** @param tensor - such numbers */
  constructor({ shape, data }: Tensor) {
    this.shape = shape;
    this.data = Int8Array.from(data);
  }
}
