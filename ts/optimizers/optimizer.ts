import { badArgument, shapeMismatch } from '../errors.js';
import { EagerRunner, type KernelArgument, type Runner } from '../runner.js';
import { type DType, type FloatArray, Tensor } from '../tensor.js';

/** How gradients change parameters; usable alone on any pair of arrays. */
export interface Optimizer {
  readonly name: string;
  readonly learningRate: number;
  /** What must happen to θ before the gradient is taken; nothing for most optimizers. */
  preUpdate(theta: FloatArray): void;
  /** Changes θ in place by the gradient of the same length. */
  update(theta: FloatArray, gradient: FloatArray): void;
}

/** An optimizer in terms of kernels: the same code runs alone and inside a recorded plan. */
export abstract class KernelOptimizer implements Optimizer {
  abstract readonly name: string;
  readonly learningRate: number;

  constructor(learningRate: number) {
    if (!(Number.isFinite(learningRate) && learningRate > 0)) {
      throw badArgument('learningRate', 'a finite number above 0', learningRate);
    }
    this.learningRate = learningRate;
  }

  /** Says the kernels of one update; `learningRate` is a number, or the slot that a plan reads it from. */
  abstract updatePass(runner: Runner, theta: Tensor, gradient: Tensor, learningRate: KernelArgument): void;

  preUpdate(_theta: FloatArray): void {}

  update(theta: FloatArray, gradient: FloatArray): void {
    if (theta.length !== gradient.length) {
      throw shapeMismatch('gradient', `${theta.length} numbers`, `${gradient.length}`);
    }
    const dtype: DType = theta instanceof Float64Array ? 'float64' : 'float32';
    this.updatePass(new EagerRunner(dtype), Tensor.from(theta), Tensor.from(gradient), this.learningRate);
  }
}
