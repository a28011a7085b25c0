import type { NativeOutcome, NativeReplay } from '../native.js';
import type { KernelArgument, PassRunner, Port } from '../runner.js';
import type { Slots } from '../slots.js';
import type { DType, FloatArray } from '../tensor.js';
import { EagerReplay } from './eager-replay.js';
import { RecordedReplay } from './recorded-replay.js';

/** Says kernels to a runner. */
export type Pass = (runner: PassRunner) => void;

/** What is done over and over; `step` or `last` must be there. */
export interface Passes {
  /** At the start of an epoch. */
  readonly epoch?: Pass | undefined;
  readonly step?: Pass | undefined;
  /** The last step of an epoch, where it differs: a shorter batch. */
  readonly last?: Pass | undefined;
}

export interface ReplaySetup {
  readonly dtype: DType;
  /** Gets `iteration`, `epoch` and `firstRow` before each step. */
  readonly slots: Slots;
  readonly stepsPerEpoch: number;
  readonly batchRows: number;
  /** Numbers in a row of the input, for passes that take one. */
  readonly inputSize?: number;
  /** `runner.step` of the passes. */
  readonly step?: KernelArgument;
  /** Whether somebody may look at the gradients after a step: then they are computed even where none needs them. */
  readonly keepsGradients?: boolean;
}

/** Steps that are run in order, here or beside the event loop. */
export interface Replay {
  /** Gives a port its rows for the runs that follow. */
  bind(port: Port, rows: ArrayBufferView, count: number): void;
  /** @param input - the epoch's rows, for passes that take an input */
  runSync(first: number, end: number, beginEpoch: boolean, input?: FloatArray): NativeOutcome;
  /** @param onProgress - told the next step and the slots, at most ten times a second */
  run(
    first: number,
    end: number,
    beginEpoch: boolean,
    onProgress?: Parameters<NativeReplay['run']>[3],
    input?: FloatArray,
  ): Promise<NativeOutcome>;
  /** Ends a run within one step. */
  abort(): void;
}

/** Recorded once and replayed by C++ or, where a layer is written in plain TypeScript, run call by call. */
export function createReplay(passes: Passes, setup: ReplaySetup, isRecordable = true): Replay {
  return isRecordable ? new RecordedReplay(passes, setup) : new EagerReplay(passes, setup);
}
