import { keepWeightsInPanels } from '../plan/passes/weights-in-panels.js';
import type { RecordedCall } from '../plan/recorded-call.js';
import { type Plan, PlanRecorder } from '../plan/recorder.js';
import { Arena } from '../runtime/arena.js';
import { type NativeOutcome, type NativeReplay, native } from '../runtime/native.js';
import { type BoundInput, fromNative } from '../runtime/runner.js';
import { type TensorData, tensorArrayOf } from '../tensor/tensor.js';
import type { Pass, Passes, Replay, ReplaySetup } from './replay.js';

/** Records passes as plans, which C++ replays. They share one workspace, since they never run at the same time. */
export class RecordedReplay implements Replay {
  readonly #plans: readonly Plan[];
  readonly #native: NativeReplay;

  constructor({ begin, end, gather, epoch, step, last, update }: Passes, setup: ReplaySetup) {
    const workspace = new Arena(setup.dtype);
    const record = (pass: Pass | undefined) => {
      if (!pass) return undefined;
      workspace.rewind();
      const recorder = new PlanRecorder(workspace, setup.step);
      pass(recorder);
      const compiled = recorder.compiled({ keepsGradients: setup.keepsGradients, kept: setup.kept?.() });
      return { recorder, ...compiled };
    };
    // All are recorded before the first one is finished, since that allocates the workspace.
    const recorded = [record(epoch), record(step), record(last), record(update)];
    const [first, meeting, atLast] = [record(begin), record(gather), record(end)];
    const panels = keepWeightsInPanels(
      recorded.map((pass) => pass?.calls ?? []),
      setup.dtype,
    );
    for (const pass of [...recorded, first, meeting, atLast]) pass?.settle();
    const plans = recorded.map((pass, i) => pass?.recorder.finish(panels.plans[i]));
    const once = (calls: readonly RecordedCall[]) =>
      calls.length > 0 ? new PlanRecorder(workspace).finish(calls).native : undefined;
    this.#plans = plans.filter((plan) => plan !== undefined);
    this.#native = new native.Replay({
      begin: once([...(first?.calls ?? []), ...panels.begin]),
      gather: once(meeting?.calls ?? []),
      end: once([...panels.end, ...(atLast?.calls ?? [])]),
      epoch: plans[0]?.native ?? null,
      step: plans[1]?.native ?? null,
      last: plans[2]?.native ?? null,
      update: plans[3]?.native,
      stepsPerUpdate: setup.stepsPerUpdate ?? 1,
      stepsPerEpoch: setup.stepsPerEpoch,
      batchRows: setup.batchRows,
      inputRowBytes: (setup.inputSize ?? 0) * tensorArrayOf(setup.inputType ?? setup.dtype).BYTES_PER_ELEMENT,
      scalars: setup.scalars.data,
    });
  }

  bind(boundInput: BoundInput, rows: ArrayBufferView, count: number): void {
    try {
      for (const plan of this.#plans) if (plan.has(boundInput)) plan.bind(boundInput, rows, count);
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  runSync(first: number, end: number, beginEpoch: boolean, input?: TensorData): NativeOutcome {
    try {
      return this.#native.runSync(first, end, beginEpoch, input) ?? { reason: 'finished', next: end, message: '' };
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  async run(...args: Parameters<Replay['run']>): Promise<NativeOutcome> {
    try {
      return await this.#native.run(...args);
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  abort(): void {
    this.#native.abort();
  }
}
