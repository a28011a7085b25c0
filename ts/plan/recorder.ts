import type { Arena } from '../runtime/arena.js';
import { keepInPlace } from '../runtime/keep-in-place.js';
import { type NativeCall, type NativeOperand, type NativePlan, native } from '../runtime/native.js';
import {
  BoundInput,
  fromNative,
  inOrder,
  isRuntimeScalar,
  type KernelArgument,
  type Operand,
  type PassRunner,
} from '../runtime/runner.js';
import { type DType, Tensor, type TensorType, tensorArrayOf } from '../tensor/tensor.js';
import { type Compiled, type CompileOptions, compile } from './compile.js';
import type { RecordedCall } from './recorded-call.js';

/** A recorded list of kernel calls for one batch size, which C++ replays in one call. */
export class Plan {
  readonly native: NativePlan;
  readonly #boundInputs: readonly BoundInput[];

  constructor(nativePlan: NativePlan, boundInputs: readonly BoundInput[]) {
    this.native = nativePlan;
    this.#boundInputs = boundInputs;
  }

  /** Whether a call of the plan uses the bound input. */
  has(boundInput: BoundInput): boolean {
    return this.#boundInputs.includes(boundInput);
  }

  /** Gives a bound input its rows for the runs that follow. The plan keeps them alive. */
  bind(boundInput: BoundInput, rows: ArrayBufferView, count: number): void {
    this.native.bind(this.#boundInputs.indexOf(boundInput), rows, count);
  }
}

/** Records kernel calls instead of executing them. Results lie in `workspace`. */
export class PlanRecorder implements PassRunner {
  readonly dtype: DType;
  readonly step: KernelArgument;
  readonly #workspace: Arena;
  readonly #calls: RecordedCall[] = [];
  #input: Tensor<TensorType> | undefined;

  constructor(workspace: Arena, step: KernelArgument = 0) {
    this.dtype = workspace.dtype;
    this.step = step;
    this.#workspace = workspace;
  }

  tensor(shape: readonly number[]): Tensor;
  tensor<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  tensor(shape: readonly number[], type: TensorType = this.dtype): Tensor<TensorType> {
    return this.#workspace.tensor(shape, type);
  }

  input(shape: readonly number[]): Tensor;
  input<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  input(shape: readonly number[], type: TensorType = this.dtype): Tensor<TensorType> {
    this.#input = new Tensor(shape, type, { data: new (tensorArrayOf(type))(0) });
    return this.#input;
  }

  run(kernel: string, args: Readonly<Record<string, KernelArgument>>): void {
    inOrder(kernel, args); // refuses unknown names, and arguments that are missing
    this.#calls.push({ kernel, args });
  }

  /** Compiles the calls. Call it after the last tensor was taken from the workspace. */
  compiled(options: CompileOptions = {}): Compiled {
    return compile(this.#workspace, this.#calls, options);
  }

  #compiledNow(): readonly RecordedCall[] {
    const { calls, settle } = this.compiled();
    settle();
    return calls;
  }

  /**
   * Makes a plan with bound pointers.
   * @param given - the calls; by default those that were recorded, compiled. The memory of their tensors can no longer be
   *   transferred. The memory of bound inputs can: whoever binds it calls `keepInPlace` if a thread reads it.
   */
  finish(given?: readonly RecordedCall[]): Plan {
    const recorded = given ?? this.#compiledNow();
    const buffers = new BufferTable();
    const input = this.#input && buffers.open(this.#input.data.buffer);
    const calls: NativeCall[] = recorded.map(({ kernel, args }) => ({
      kernel,
      operands: inOrder(kernel, args).map((argument) => buffers.locate(argument)),
    }));
    try {
      const plan = new native.Plan(this.dtype, buffers.memory, calls, input);
      for (const buffer of buffers.memory) if (buffer) keepInPlace(buffer);
      return new Plan(plan, buffers.boundInputs);
    } catch (cause) {
      throw fromNative(cause);
    }
  }
}

/** Numbers the buffers of a plan, bound inputs included, in the order in which calls use them. */
class BufferTable {
  readonly memory: (ArrayBufferLike | null)[] = [];
  readonly boundInputs: BoundInput[] = [];
  readonly #indices = new Map<object, number>();

  /** Numbers a buffer whose memory is bound later. */
  open(buffer: ArrayBufferLike): number {
    return this.#index(buffer, null);
  }

  locate(argument: KernelArgument): NativeOperand | number {
    if (typeof argument === 'number') return argument;
    if (isRuntimeScalar(argument)) {
      const { data } = argument.scalars;
      const offset = data.byteOffset + argument.index * data.BYTES_PER_ELEMENT;
      return { buffer: this.#index(data.buffer, data.buffer), offset, type: 'float64', shape: [] };
    }
    if (argument instanceof BoundInput) {
      const buffer = this.#index(argument, null);
      this.boundInputs[buffer] = argument;
      return { buffer, offset: 0, type: argument.type, shape: [0, ...argument.rowShape] };
    }
    const { data, shape } = argument;
    return { buffer: this.#index(data.buffer, data.buffer), offset: data.byteOffset, type: typeName(data), shape };
  }

  #index(key: object, memory: ArrayBufferLike | null): number {
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    this.#indices.set(key, this.memory.length);
    return this.memory.push(memory) - 1;
  }
}

function typeName(data: Operand['data']): string {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return data instanceof Uint8Array ? 'uint8' : 'int32';
}
