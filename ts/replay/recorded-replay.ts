import { Arena } from '../arena.js';
import { type NativeOutcome, type NativeReplay, native } from '../native.js';
import { type Plan, PlanRecorder } from '../plan.js';
import { fromNative, type Port } from '../runner.js';
import { arrayOf, type FloatArray } from '../tensor.js';
import type { RecordedCall } from './recorded-call.js';
import type { Pass, Passes, Replay, ReplaySetup } from './replay.js';
import { keepWeightsInPanels } from './weights-in-panels.js';

/** Records passes as plans, which C++ replays. They share one workspace, since they never run at the same time. */
export class RecordedReplay implements Replay {
  readonly #plans: readonly Plan[];
  readonly #native: NativeReplay;

  constructor({ begin, end, epoch, step, last, update }: Passes, setup: ReplaySetup) {
    const workspace = new Arena(setup.dtype);
    const record = (pass: Pass | undefined): PlanRecorder | undefined => {
      if (!pass) return undefined;
      workspace.rewind();
      const recorder = new PlanRecorder(workspace, setup.step);
      pass(recorder);
      return recorder;
    };
    // All are recorded before the first one is finished, since that allocates the workspace.
    const recorded = [record(epoch), record(step), record(last), record(update)];
    const [first, atLast] = [record(begin)?.fused() ?? [], record(end)?.fused() ?? []];
    const calls = recorded.map((recorder) => recorder?.fused(setup.keepsGradients) ?? []);
    const panels = keepWeightsInPanels(calls, setup.dtype);
    const plans = recorded.map((recorder, i) => recorder?.finish(panels.plans[i]));
    const once = (calls: readonly RecordedCall[]) =>
      calls.length > 0 ? new PlanRecorder(workspace).finish(calls).native : undefined;
    this.#plans = plans.filter((plan) => plan !== undefined);
    this.#native = new native.Replay({
      begin: once([...first, ...panels.begin]),
      end: once([...panels.end, ...atLast]),
      epoch: plans[0]?.native ?? null,
      step: plans[1]?.native ?? null,
      last: plans[2]?.native ?? null,
      update: plans[3]?.native,
      stepsPerUpdate: setup.stepsPerUpdate ?? 1,
      stepsPerEpoch: setup.stepsPerEpoch,
      batchRows: setup.batchRows,
      inputRowBytes: (setup.inputSize ?? 0) * arrayOf(setup.dtype).BYTES_PER_ELEMENT,
      slots: setup.slots.data,
    });
  }

  bind(port: Port, rows: ArrayBufferView, count: number): void {
    try {
      for (const plan of this.#plans) if (plan.has(port)) plan.bind(port, rows, count);
    } catch (cause) {
      throw fromNative(cause);
    }
  }

  runSync(first: number, end: number, beginEpoch: boolean, input?: FloatArray): NativeOutcome {
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
