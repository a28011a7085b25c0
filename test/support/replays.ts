import type { ExecutionContext } from 'ava';
import { RecordedReplay } from '#blasnet/replay/recorded-replay';
import type { NativeOutcome } from '#blasnet/runtime/native';

/** A run of steps that C++ was asked for. */
export interface WatchedRun {
  /** Whether it ran on this thread, which then waited for it. */
  readonly sync: boolean;
  /** The step behind its last one. */
  readonly end: number;
  readonly outcome: Promise<NativeOutcome>;
}

/**
 * Lists the runs that C++ is asked for, until the test ends. For serial tests.
 * @param onRun - called when a run beside this thread has begun
 */
export function watchReplays(t: ExecutionContext, onRun: (runs: readonly WatchedRun[]) => void = () => {}) {
  const runs: WatchedRun[] = [];
  const { run, runSync } = RecordedReplay.prototype;
  RecordedReplay.prototype.run = function (...args) {
    const outcome = run.apply(this, args);
    runs.push({ sync: false, end: args[1], outcome });
    onRun(runs);
    return outcome;
  };
  RecordedReplay.prototype.runSync = function (...args) {
    const outcome = runSync.apply(this, args);
    runs.push({ sync: true, end: args[1], outcome: Promise.resolve(outcome) });
    return outcome;
  };
  t.teardown(() => {
    Object.assign(RecordedReplay.prototype, { run, runSync });
  });
  return runs;
}

/** Makes this thread, and with it its event loop, stand still until `holds` is true of what other threads do. */
export function standStillUntil(holds: () => boolean): void {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (!holds()) Atomics.wait(nothing, 0, 0, 1);
}
