import { BlasnetError, badArgument, reasonOf } from '../core/errors.js';
import { isKeyOf } from '../core/objects.js';
import { type DType, Tensor, type TensorType } from '../tensor/tensor.js';
import { native } from './native.js';
import type { RuntimeScalar } from './runtime-scalars.js';

/** Numbers with a shape: a {@link Tensor}, scalars, bytes, or an order of rows. */
export interface Operand {
  readonly data: Float32Array | Float64Array | Uint8Array | Int32Array;
  readonly shape: readonly number[];
}

/** A tensor that gets its memory and its number of rows before each run of a plan. */
export class BoundInput {
  readonly rowShape: readonly number[];
  readonly type: TensorType | 'uint8';

  constructor(rowShape: readonly number[], type: TensorType | 'uint8') {
    this.rowShape = rowShape;
    this.type = type;
  }
}

/** The memory that is currently bound to a bound input. */
export interface BoundRows {
  readonly data: ArrayBufferView;
  readonly count: number;
}

/** An argument of a kernel: numbers with a shape, a fixed number, or a scalar, which is read at each run. */
export type KernelArgument = Operand | BoundInput | number | RuntimeScalar;

/**
 * Executes kernel calls at once ({@link EagerRunner}) or records them ({@link PlanRecorder}). Layers, losses and
 * optimizers compute by calls to a runner and contain no loops over numbers.
 */
export interface Runner {
  readonly dtype: DType;
  /** The number of the training step, from 0. Random numbers depend on it. */
  readonly step: KernelArgument;
  /** Returns a new tensor for a result, of the runner's dtype or of another type. */
  tensor(shape: readonly number[]): Tensor;
  tensor<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  /** Calls a kernel, with its arguments by the names that C++ registered (`native.kernels`). */
  run(kernel: string, args: Readonly<Record<string, KernelArgument>>): void;
}

/** A runner for passes that are repeated over many rows. */
export interface PassRunner extends Runner {
  /** Returns this step's rows of the run's input as a view; the shape says how many. */
  input(shape: readonly number[]): Tensor;
  input<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
}

/** Puts the arguments of a call into the kernel's order. */
export function inOrder(kernel: string, args: Readonly<Record<string, KernelArgument>>): KernelArgument[] {
  const parameters = isKeyOf(native.kernels, kernel) ? native.kernels[kernel] : undefined;
  if (!parameters) throw badArgument('kernel', 'the name of a kernel', kernel);
  if (typeof args !== 'object' || args === null) throw badArgument(`${kernel}'s arguments`, 'an object', args);
  const unknown = Object.keys(args).find((name) => !parameters.some((parameter) => parameter.name === name));
  if (unknown !== undefined) {
    throw badArgument(`kernel ${kernel}`, `arguments ${parameters.map((p) => p.name).join(', ')}`, unknown);
  }
  return parameters.map((parameter) => {
    const value = args[parameter.name];
    if (value === undefined || value === null) throw badArgument(`${kernel}'s ${parameter.name}`, 'an argument', value);
    return value;
  });
}

/** Whether an argument is a scalar: one double that is read when the kernel runs. */
export function isRuntimeScalar(argument: KernelArgument): argument is RuntimeScalar {
  return typeof argument === 'object' && 'index' in argument;
}

/** Executes each kernel call at once, on the calling thread. */
export class EagerRunner implements Runner {
  readonly dtype: DType;
  readonly step: KernelArgument;

  constructor(dtype: DType, step: KernelArgument = 0) {
    this.dtype = dtype;
    this.step = step;
  }

  tensor(shape: readonly number[]): Tensor;
  tensor<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  tensor(shape: readonly number[], type: TensorType = this.dtype): Tensor<TensorType> {
    return Tensor.zeros(shape, type);
  }

  run(kernel: string, args: Readonly<Record<string, KernelArgument>>): void {
    const operands = inOrder(kernel, args).map((argument) => {
      if (typeof argument === 'number') return argument;
      if (isRuntimeScalar(argument)) return argument.scalars.data[argument.index]!;
      if (!(argument instanceof BoundInput)) return { data: argument.data, shape: argument.shape };
      const rows = this.rowsOf(argument);
      if (!rows) throw badArgument(`${kernel}'s arguments`, 'tensors', argument);
      return { data: rows.data, shape: [rows.count, ...argument.rowShape] };
    });
    try {
      native.execute(this.dtype, kernel, operands);
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  /** Returns the rows bound to a bound input; a plain runner has none. */
  protected rowsOf(_boundInput: BoundInput): BoundRows | undefined {
    return undefined;
  }
}

/** Converts an error thrown by C++ to a BlasnetError. */
export function fromNative(cause: unknown): BlasnetError {
  if (cause instanceof BlasnetError) return cause;
  const message = reasonOf(cause);
  const code = message.includes('not finite') ? 'ERR_NOT_FINITE' : 'ERR_BAD_ARGUMENT';
  return new BlasnetError(code, message, { cause });
}
