import type { NativeOutcome, NativeReplay } from '../runtime/native.js';
import type { BoundInput, KernelArgument, PassRunner } from '../runtime/runner.js';
import type { RuntimeScalars } from '../runtime/runtime-scalars.js';
import type { DType, Tensor, TensorData, TensorType } from '../tensor/tensor.js';
import { EagerReplay } from './eager-replay.js';
import { RecordedReplay } from './recorded-replay.js';

/** Calls kernels through a runner. */
export type Pass = (runner: PassRunner) => void;

/** The passes of a replay. `step` or `last` is required. */
export interface Passes {
  /** Run once, before and after all steps of a run, however it ends. */
  readonly begin?: Pass | undefined;
  readonly end?: Pass | undefined;
  /** Runs once after all steps of a run and before `end`, unless one of them has failed for another reason than its loss. */
  readonly gather?: Pass | undefined;
  /** Runs at the start of each epoch. */
  readonly epoch?: Pass | undefined;
  readonly step?: Pass | undefined;
  /** The last step of an epoch, if its batch is shorter. */
  readonly last?: Pass | undefined;
  /** Runs after every `stepsPerUpdate` steps of an epoch, and after its last. */
  readonly update?: Pass | undefined;
}

/** The sizes of a replay, and the memory that it shares with its caller. */
export interface ReplaySetup {
  readonly dtype: DType;
  /** `iteration`, `epoch` and `firstRow` are set before each step. */
  readonly scalars: RuntimeScalars;
  readonly stepsPerEpoch: number;
  readonly batchRows: number;
  /** For passes with an update; default 1. */
  readonly stepsPerUpdate?: number;
  /** Numbers in a row of the input, for passes that have one, and their type: by default the dtype. */
  readonly inputSize?: number;
  readonly inputType?: TensorType;
  /** The value of `runner.step` in the passes. */
  readonly step?: KernelArgument;
  /**
   * Returns the tensors of the pass recorded last that are read after a run, where all others may share memory: for passes
   * that keep nothing from one step to the next.
   */
  readonly kept?: (() => readonly Tensor[]) | undefined;
  /** Whether gradients may be read after a step: then each is computed and stored. */
  readonly keepsGradients?: boolean;
}

/** Runs steps in order, on this thread or on one of its own. */
export interface Replay {
  /** Gives a bound input its rows for the runs that follow. */
  bind(boundInput: BoundInput, rows: ArrayBufferView, count: number): void;
  /**
   * Runs steps `first` to `end` (excluded) on this thread.
   * @param input - the epoch's rows, for passes that have an input
   */
  runSync(first: number, end: number, beginEpoch: boolean, input?: TensorData): NativeOutcome;
  /**
   * Runs steps `first` to `end` (excluded) without blocking the event loop.
   * @param onProgress - receives the next step and the scalars, at most ten times a second
   */
  run(
    first: number,
    end: number,
    beginEpoch: boolean,
    onProgress?: Parameters<NativeReplay['run']>[3],
    input?: TensorData,
  ): Promise<NativeOutcome>;
  /** Ends a run within one step. */
  abort(): void;
}

/**
 * Makes a replay.
 * @param isRecordable - true: the passes are recorded once and replayed by C++; false, for layers in plain TypeScript:
 *   they run call by call
 */
export function createReplay(passes: Passes, setup: ReplaySetup, isRecordable = true): Replay {
  return isRecordable ? new RecordedReplay(passes, setup) : new EagerReplay(passes, setup);
}
