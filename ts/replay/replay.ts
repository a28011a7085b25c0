import type { NativeReplay } from '../native.js';
import type { KernelArgument, Port, Runner } from '../runner.js';
import type { Slots } from '../slots.js';
import type { DType } from '../tensor.js';
import { EagerReplay } from './eager-replay.js';
import { RecordedReplay } from './recorded-replay.js';

/** Says kernels to a runner. */
export type Pass = (runner: Runner) => void;

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
  /** `runner.step` of the passes. */
  readonly step?: KernelArgument;
}

/** Steps that are run in order, here or beside the event loop. */
export interface Replay extends NativeReplay {
  /** Gives a port its rows for the runs that follow. */
  bind(port: Port, rows: ArrayBufferView, count: number): void;
}

/** Recorded once and replayed by C++ or, where a layer is written in plain TypeScript, run call by call. */
export function createReplay(passes: Passes, setup: ReplaySetup, isRecordable = true): Replay {
  return isRecordable ? new RecordedReplay(passes, setup) : new EagerReplay(passes, setup);
}
