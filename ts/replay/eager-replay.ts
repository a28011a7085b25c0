import { setImmediate } from 'node:timers/promises';
import { BlasnetError, badArgument } from '../core/errors.js';
import type { NativeOutcome } from '../runtime/native.js';
import {
  type BoundInput,
  type BoundRows,
  EagerRunner,
  type KernelArgument,
  type PassRunner,
} from '../runtime/runner.js';
import { type DType, sizeOf, Tensor, type TensorData, type TensorType } from '../tensor/tensor.js';
import type { Pass, Passes, Replay, ReplaySetup } from './replay.js';

type BoundInputs = ReadonlyMap<BoundInput, BoundRows>;

/** Milliseconds of work between two turns of the event loop, and between two reports. */
const turn = 4;
const reportInterval = 100;

/** Runs passes call by call on this thread, for nets with layers in plain TypeScript. Slow. */
export class EagerReplay implements Replay {
  readonly #passes: Passes;
  readonly #setup: ReplaySetup;
  readonly #boundInputs = new Map<BoundInput, BoundRows>();
  #isAborted = false;
  /** The time of the event loop's last turn. It is kept from run to run, since a run may be short. */
  #turned = performance.now();

  constructor(passes: Passes, setup: ReplaySetup) {
    this.#passes = passes;
    this.#setup = setup;
  }

  bind(boundInput: BoundInput, data: ArrayBufferView, count: number): void {
    this.#boundInputs.set(boundInput, { data, count });
  }

  runSync(first: number, end: number, beginEpoch: boolean, input?: TensorData): NativeOutcome {
    this.#runOnce(this.#passes.begin);
    try {
      const outcome = this.#runSteps(first, end, beginEpoch, input);
      this.#runOnce(this.#passes.gather);
      return outcome;
    } finally {
      this.#runOnce(this.#passes.end);
    }
  }

  #runSteps(first: number, end: number, beginEpoch: boolean, input?: TensorData): NativeOutcome {
    for (let step = first; step < end; step++) {
      if (!this.#runStep(step, beginEpoch && step === first, input))
        return { reason: 'notFinite', next: step, message: '' };
    }
    return { reason: 'finished', next: end, message: '' };
  }

  async run(...args: Parameters<Replay['run']>): Promise<NativeOutcome> {
    this.#runOnce(this.#passes.begin);
    try {
      const outcome = await this.#runInTurns(...args);
      this.#runOnce(this.#passes.gather);
      return outcome;
    } finally {
      this.#runOnce(this.#passes.end);
    }
  }

  async #runInTurns(...[first, end, beginEpoch, onProgress, input]: Parameters<Replay['run']>): Promise<NativeOutcome> {
    this.#isAborted = false;
    let reported = performance.now();
    for (let step = first; step < end; step++) {
      if (this.#isAborted) return { reason: 'aborted', next: step, message: '' };
      const outcome = this.#runSteps(step, step + 1, beginEpoch && step === first, input);
      if (outcome.reason !== 'finished') return outcome;
      const now = performance.now();
      if (now - this.#turned < turn) continue;
      if (onProgress && now - reported >= reportInterval) {
        onProgress(step + 1, this.#setup.scalars.data);
        reported = now;
      }
      await setImmediate();
      this.#turned = performance.now();
    }
    return { reason: 'finished', next: end, message: '' };
  }

  abort(): void {
    this.#isAborted = true;
  }

  #runOnce(pass: Pass | undefined): void {
    const { dtype, step } = this.#setup;
    pass?.(new BoundRunner(dtype, step, this.#boundInputs, undefined));
  }

  /** Returns false if a number became NaN or infinite. */
  #runStep(step: number, beginEpoch: boolean, input: TensorData | undefined): boolean {
    const { dtype, scalars, stepsPerEpoch, batchRows, stepsPerUpdate = 1, step: stepArgument } = this.#setup;
    const batch = step % stepsPerEpoch;
    scalars.set('iteration', step);
    scalars.set('epoch', Math.floor(step / stepsPerEpoch));
    scalars.set('firstRow', batch * batchRows);
    const rest = input?.subarray(batch * batchRows * (this.#setup.inputSize ?? 0));
    const runner = new BoundRunner(dtype, stepArgument, this.#boundInputs, rest);
    try {
      if (batch === 0 || beginEpoch) this.#passes.epoch?.(runner);
      const isLast = batch === stepsPerEpoch - 1;
      ((isLast && this.#passes.last) || this.#passes.step)!(runner);
      if (isLast || (batch + 1) % stepsPerUpdate === 0) this.#passes.update?.(runner);
      return true;
    } catch (error) {
      if (error instanceof BlasnetError && error.code === 'ERR_NOT_FINITE') return false;
      throw error;
    }
  }
}

/** An eager runner with the rows that are bound to bound inputs and to the input. */
class BoundRunner extends EagerRunner implements PassRunner {
  readonly #boundInputs: BoundInputs;
  readonly #input: TensorData | undefined;

  constructor(dtype: DType, step: KernelArgument | undefined, boundInputs: BoundInputs, input: TensorData | undefined) {
    super(dtype, step);
    this.#boundInputs = boundInputs;
    this.#input = input;
  }

  input(shape: readonly number[]): Tensor;
  input<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  input(shape: readonly number[]): Tensor<TensorType> {
    if (!this.#input) throw badArgument('the run', 'an input', 'none');
    return Tensor.from(this.#input.subarray(0, sizeOf(shape)), shape);
  }

  protected override rowsOf(boundInput: BoundInput): BoundRows | undefined {
    return this.#boundInputs.get(boundInput);
  }
}
