import { requireAboveZero } from '../core/constants.js';
import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { EagerRunner, type KernelArgument, type Runner } from '../runtime/runner.js';
import { arrayOf, type DType, type FloatArray, Tensor } from '../tensor/tensor.js';
import { requireLazy } from './lazy-rows.js';

/** Options of an update by an optimizer alone. */
export interface UpdateOptions {
  /** False for a bias or a norm's parameter, to which weight decay may not apply; default true. */
  readonly isWeight?: boolean | undefined;
  /** Multiplies the learning rate; default 1. */
  readonly learningRateFactor?: number | undefined;
  /**
   * Numbers of a row of θ, where rows whose gradient is 0 in all numbers are to stay as they are, and their moments, too. Taken
   * by `adam` and `adamW`, and by `sgd` and `adaGrad`, which compute the same without it. Default: all of θ is updated.
   */
  readonly rowSize?: number | undefined;
}

/** Updates parameters with gradients; works on any two arrays. */
export interface Optimizer {
  readonly name: string;
  readonly learningRate: number;
  /** Prepares θ for the gradient: nag moves it ahead, the others do nothing. */
  preUpdate(theta: FloatArray): void;
  /**
   * Updates θ in place with a gradient of the same length. The optimizer remembers moments and the number of the step for
   * each array by its place in memory.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but two arrays of one type, `ERR_SHAPE_MISMATCH` for two lengths
   */
  update(theta: FloatArray, gradient: FloatArray, options?: UpdateOptions): void;
}

/** The tensors and numbers of one update. */
export interface UpdateTarget {
  readonly theta: Tensor;
  readonly gradient: Tensor;
  /** The optimizer's own arrays, each of θ's size, by the names in `stateNames`; zeros before the first step. */
  readonly state: Readonly<Record<string, Tensor>>;
  readonly learningRate: KernelArgument;
  /** Updates finished before this one. */
  readonly step: KernelArgument;
  /** Whether weight decay applies. */
  readonly decays: boolean;
  /** Numbers of a row, where rows whose gradient is 0 stay as they are; undefined where all numbers are updated. */
  readonly rowSize?: number | undefined;
}

/** The memory of an optimizer for one θ when it works alone. */
interface Memory {
  readonly state: Record<string, Tensor>;
  step: number;
  /** Whether `beginPass` has run, and `endPass` has not. */
  hasBegun: boolean;
}

/** An optimizer in terms of kernels: the same code runs alone and inside a recorded plan. */
export abstract class KernelOptimizer implements Optimizer {
  abstract readonly name: string;
  readonly learningRate: number;
  /** Whether weight decay leaves biases and the parameters of norms alone. */
  readonly excludesBiasAndNorm: boolean;
  /** The optimizer's own constants, named as its kernels name them. */
  protected readonly constants: Readonly<Record<string, number>>;
  #dtype: DType | undefined;
  readonly #memories = new WeakMap<ArrayBufferLike, Map<string, Memory>>();

  /** @param constants - those of the optimizer by name */
  constructor(learningRate: number, constants: Readonly<Record<string, number | boolean>> = {}) {
    if (!(Number.isFinite(learningRate) && learningRate > 0)) {
      throw badArgument('learningRate', 'a finite number above 0', learningRate);
    }
    this.learningRate = learningRate;
    const { excludeBiasAndNorm = false, ...numbers } = constants;
    this.excludesBiasAndNorm = excludeBiasAndNorm as boolean;
    this.constants = numbers as Readonly<Record<string, number>>;
  }

  /**
   * The only one that it takes, where that was asked for.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a dtype in which the optimizer's epsilon is 0
   */
  get dtype(): DType | undefined {
    return this.#dtype;
  }
  set dtype(dtype: DType | undefined) {
    if (dtype !== undefined) {
      arrayOf(dtype);
      this.#requireEpsilon(dtype);
    }
    this.#dtype = dtype;
  }

  /** Refuses numbers of a type in which ε is 0: where gradients are, too, 0/0 would make θ NaN. */
  #requireEpsilon(dtype: DType): void {
    const { epsilon } = this.constants;
    if (epsilon !== undefined) requireAboveZero(`${this.name}'s epsilon`, epsilon, dtype);
  }

  /** Names of the arrays that the optimizer remembers, each of θ's size. */
  get stateNames(): readonly string[] {
    return [];
  }

  /** Whether it can leave rows alone whose gradient is 0. */
  get leavesRows(): boolean {
    return false;
  }

  /**
   * Calls the kernels that run once before one or several steps: for a rule that takes the gradient elsewhere than at the
   * weights, and keeps θ there between its updates.
   */
  beginPass(_runner: Runner, _target: UpdateTarget): void {}

  /** Calls the kernels of one update. */
  abstract updatePass(runner: Runner, target: UpdateTarget): void;

  /** Calls the kernels that run once after these steps, also where one of them failed: θ holds the weights again. */
  endPass(_runner: Runner, _target: UpdateTarget): void {}

  /** The tensor that holds the weights between `beginPass` and `endPass`. */
  weightsIn({ theta }: UpdateTarget): Tensor {
    return theta;
  }

  preUpdate(theta: FloatArray): void {
    requireFloats('theta', theta);
    const { runner, target, memory } = this.#alone(theta, theta);
    if (!memory.hasBegun) this.beginPass(runner, target);
    memory.hasBegun = true;
  }

  update(theta: FloatArray, gradient: FloatArray, options: UpdateOptions = {}): void {
    requireFloats('theta', theta);
    requireFloats('gradient', gradient);
    if (theta.length !== gradient.length) {
      throw shapeMismatch('gradient', `${theta.length} numbers`, `${gradient.length}`);
    }
    const { runner, target, memory } = this.#alone(theta, gradient, options);
    if (target.gradient.dtype !== runner.dtype) {
      throw badArgument('gradient', `a ${runner.dtype} array`, `a ${target.gradient.dtype} one`);
    }
    // Without preUpdate before it, the gradient was taken at θ itself.
    if (!memory.hasBegun) this.beginPass(runner, target);
    this.updatePass(runner, target);
    this.endPass(runner, target);
    memory.hasBegun = false;
    memory.step++;
  }

  #alone(theta: FloatArray, gradient: FloatArray, options: UpdateOptions = {}) {
    const { isWeight, learningRateFactor, rowSize } = checked(options, theta.length);
    if (rowSize !== undefined) requireLazy(this);
    const dtype: DType = theta instanceof Float64Array ? 'float64' : 'float32';
    if (this.dtype !== undefined && this.dtype !== dtype)
      throw badArgument('theta', `a ${this.dtype} array`, `a ${dtype} one`);
    this.#requireEpsilon(dtype);
    const memory = this.#memoryOf(theta);
    const target: UpdateTarget = {
      theta: Tensor.from(theta),
      gradient: Tensor.from(gradient),
      state: memory.state,
      learningRate: this.learningRate * learningRateFactor,
      step: memory.step,
      decays: isWeight || !this.excludesBiasAndNorm,
      rowSize,
    };
    return { runner: new EagerRunner(dtype), target, memory };
  }

  /** By place in memory, so that a new view of the same numbers goes on where the last one was. */
  #memoryOf(theta: FloatArray): Memory {
    const memories = this.#memories.get(theta.buffer) ?? new Map<string, Memory>();
    this.#memories.set(theta.buffer, memories);
    const place = `${theta.constructor.name} ${theta.byteOffset} ${theta.length}`;
    const known = memories.get(place);
    if (known) return known;
    const array = () => Tensor.from(theta.slice().fill(0));
    const state = Object.fromEntries(this.stateNames.map((name) => [name, array()]));
    const memory = { state, step: 0, hasBegun: false };
    memories.set(place, memory);
    return memory;
  }
}

/** @param length - of θ */
function checked(options: UpdateOptions, length: number) {
  checkOptions(options, ['isWeight', 'learningRateFactor', 'rowSize']);
  const { isWeight = true, learningRateFactor = 1, rowSize } = options;
  if (typeof isWeight !== 'boolean') throw badArgument('isWeight', 'true or false', isWeight);
  if (!(Number.isFinite(learningRateFactor) && learningRateFactor > 0)) {
    throw badArgument('learningRateFactor', 'a finite number above 0', learningRateFactor);
  }
  if (rowSize !== undefined && !(Number.isSafeInteger(rowSize) && rowSize > 0 && length % rowSize === 0)) {
    throw badArgument('rowSize', `a whole number that divides ${length}`, rowSize);
  }
  return { isWeight, learningRateFactor, rowSize };
}

/** Refuses lists, whose numbers C++ cannot see, and tensors. */
function requireFloats(name: string, values: FloatArray): void {
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw badArgument(name, 'a Float32Array or Float64Array', values);
  }
}
