import { BlasnetError, badArgument, reasonOf } from './errors.js';
import { isKeyOf } from './given.js';
import { native } from './native.js';
import type { Slot } from './slots.js';
import { type DType, Tensor } from './tensor.js';

/** Anything with numbers and a shape: a {@link Tensor}, the slots, bytes, an order of rows. */
export interface Operand {
  readonly data: Float32Array | Float64Array | Uint8Array | Int32Array;
  readonly shape: readonly number[];
}

/** A tensor whose memory, and number of rows, are given before each run of the plan. */
export class Port {
  readonly rowShape: readonly number[];
  readonly type: DType | 'uint8';

  constructor(rowShape: readonly number[], type: DType | 'uint8') {
    this.rowShape = rowShape;
    this.type = type;
  }
}

/** The memory of a port, for now. */
export interface BoundRows {
  readonly data: ArrayBufferView;
  readonly count: number;
}

/** What a kernel may be given: tensors and the like, or a number that is fixed (`number`) or read at each run (slot). */
export type KernelArgument = Operand | Port | number | Slot;

/**
 * Executes kernel calls at once ({@link EagerRunner}) or writes them down ({@link PlanRecorder}). Layers, losses and
 * optimizers say what they compute in calls to a runner, and never loop over numbers themselves.
 */
export interface Runner {
  readonly dtype: DType;
  /** Number of the training step, from 0: for random numbers that differ from step to step. */
  readonly step: KernelArgument;
  /** A tensor for a result. */
  tensor(shape: readonly number[]): Tensor;
  /** Calls a kernel; the argument names are those that C++ registered, in that order (`native.kernels`). */
  run(kernel: string, args: Readonly<Record<string, KernelArgument>>): void;
}

/** Runs passes that are repeated over many rows. */
export interface PassRunner extends Runner {
  /** The rows of this step, as many as the shape says, where they lie: those that the run was given, in order. */
  input(shape: readonly number[]): Tensor;
}

/** The arguments of a call in the kernel's order. */
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

/** Whether an argument is one double that is read when the kernel runs. */
export function isSlot(argument: KernelArgument): argument is Slot {
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

  tensor(shape: readonly number[]): Tensor {
    return Tensor.zeros(shape, this.dtype);
  }

  run(kernel: string, args: Readonly<Record<string, KernelArgument>>): void {
    const operands = inOrder(kernel, args).map((argument) => {
      if (typeof argument === 'number') return argument;
      if (isSlot(argument)) return argument.slots.data[argument.index]!;
      if (!(argument instanceof Port)) return { data: argument.data, shape: argument.shape };
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

  /** Where the rows of a port lie; a runner alone knows of none. */
  protected rowsOf(_port: Port): BoundRows | undefined {
    return undefined;
  }
}

/** What C++ throws, as the error type that users know. */
export function fromNative(cause: unknown): BlasnetError {
  if (cause instanceof BlasnetError) return cause;
  const message = reasonOf(cause);
  const code = message.includes('not finite') ? 'ERR_NOT_FINITE' : 'ERR_BAD_ARGUMENT';
  return new BlasnetError(code, message, { cause });
}
