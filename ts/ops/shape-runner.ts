import type { KernelArgument, Runner } from '../runtime/runner.js';
import { type DType, Tensor, type TensorType } from '../tensor/tensor.js';

/** The memory of tensors without numbers. */
const nowhere = { data: new Float32Array(0), isLaidOut: false };

/** Follows shapes through operations; there are no numbers. */
export class ShapeRunner implements Runner {
  readonly dtype: DType;
  readonly step: KernelArgument = 0;

  constructor(dtype: DType) {
    this.dtype = dtype;
  }

  tensor(shape: readonly number[]): Tensor;
  tensor<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  tensor(shape: readonly number[], type: TensorType = this.dtype): Tensor<TensorType> {
    return new Tensor(shape, type, nowhere);
  }

  run(): void {}
}
