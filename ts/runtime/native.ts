import type { DType } from '../tensor/tensor.js';
import { loadAddon } from './addon-file.js';

/** A parameter of a kernel, as C++ declares it. */
export interface KernelParameter {
  readonly name: string;
  readonly scalar: boolean;
  readonly output: boolean;
}

/** The place of a recorded operand. An empty shape means one double, a scalar. */
export interface NativeOperand {
  readonly buffer: number;
  readonly offset: number;
  readonly type: string;
  readonly shape: readonly number[];
}

/** A recorded kernel call. */
export interface NativeCall {
  readonly kernel: string;
  readonly operands: readonly (NativeOperand | number)[];
}

/** A recorded list of kernel calls with bound pointers. */
export interface NativePlan {
  /** Gives a bound input its memory and row count for the runs that follow. */
  bind(boundInput: number, memory: ArrayBufferView, rows: number): void;
}

/** How a run ended. */
export interface NativeOutcome {
  readonly reason: 'finished' | 'aborted' | 'notFinite' | 'failed';
  /** The first step that was not completed. */
  readonly next: number;
  readonly message: string;
}

/** Plans and the order in which C++ runs them. */
export interface NativeReplay {
  /**
   * Runs steps `first` to `end` (excluded) on the calling thread.
   * @param input - the epoch's rows, if the plans have an input
   * @returns null if all steps were completed
   */
  runSync(first: number, end: number, beginEpoch: boolean, input?: ArrayBufferView): NativeOutcome | null;
  /**
   * Runs steps `first` to `end` (excluded) on a thread of its own.
   * @param onProgress - receives the next step and the scalars, at most ten times a second
   */
  run(
    first: number,
    end: number,
    beginEpoch: boolean,
    onProgress?: (next: number, scalars: Float64Array) => void,
    input?: ArrayBufferView,
  ): Promise<NativeOutcome>;
  /** Ends a run within one step. */
  abort(): void;
}

/** The plans of a replay; see docs/how-it-works.md. */
export interface ReplayOptions {
  /** Plans that run once, before and after all steps of a run, however it ends. */
  readonly begin?: NativePlan | undefined;
  readonly end?: NativePlan | undefined;
  /** Runs once before `end`, unless the run has failed. */
  readonly gather?: NativePlan | undefined;
  readonly epoch: NativePlan | null;
  readonly step: NativePlan | null;
  readonly last: NativePlan | null;
  /** Runs after every `stepsPerUpdate` steps of an epoch, and after its last. */
  readonly update?: NativePlan | undefined;
  readonly stepsPerUpdate?: number | undefined;
  readonly stepsPerEpoch: number;
  readonly batchRows: number;
  /** Bytes of one row of the input, if the plans have an input. */
  readonly inputRowBytes?: number;
  readonly scalars: Float64Array;
}

/** Properties of the machine that C++ has read (0 if the system does not tell), and the sizes derived from them. */
export interface NativeMachine {
  readonly l1Bytes: number;
  readonly l2Bytes: number;
  readonly l3Bytes: number;
  /** Logical CPUs that share the cache. */
  readonly l2SharedBy: number;
  readonly l3SharedBy: number;
  readonly vectorBits: number;
  readonly avx512Bf16: boolean;
  readonly vnni: boolean;
  readonly amxBf16: boolean;
  readonly amxInt8: boolean;
  readonly cpus: number;
  readonly cores: number;
  readonly numaNodes: number;
  readonly nearBytes: number;
  readonly partRows: number;
  readonly largeFactor: number;
  readonly cachedMatrix: number;
  readonly tileProduct: number;
}

/** The functions and classes of the compiled addon. */
export interface Native {
  readonly kernels: Readonly<Record<string, readonly KernelParameter[]>>;
  readonly scalars: Readonly<Record<string, number>>;
  /** Sizes that C++ and the plan compiler share; see native/core/sizes.h. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly blas: string;
  readonly simd: string;
  /** Properties of the machine, and the sizes derived from them; see native/core/machine.h and rules.h. */
  readonly machine: NativeMachine;
  /** How products in bfloat16 are computed: by tiles of AMX, by AVX-512 BF16, or by float32. */
  readonly bfloat16: 'amx' | 'native' | 'emulated';
  readonly physicalCores: number;
  readonly Plan: new (
    dtype: DType,
    buffers: readonly (ArrayBufferLike | null)[],
    calls: readonly NativeCall[],
    input?: number,
  ) => NativePlan;
  readonly Replay: new (options: ReplayOptions) => NativeReplay;
  execute(
    dtype: DType,
    kernel: string,
    operands: readonly ({ data: ArrayBufferView; shape: readonly number[] } | number)[],
  ): void;
  misalignment(buffer: ArrayBuffer): number;
  /** Takes the functions of the addon for MPI, and returns the number by which kernels name them. */
  registerExchange(exchange: object): number;
  setThreads(threads: number): void;
  getThreads(): number;
}

/** The compiled addon. */
export const native = loadAddon() as Native;
