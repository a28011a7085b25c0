// @internal
import { type Ops, opsOn } from '../ops/ops.js';
import { type Seed, Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import type { Runner } from '../runtime/runner.js';
import type { Tensor } from '../tensor/tensor.js';
import type { StepMemory } from './step-memory.js';
import type { Parameter } from './weights-bias.js';

/** Options of a pass. */
export interface PassOptions {
  /** Wraps the operations, to see which ones layers call. */
  readonly observe?: ((ops: Ops) => Ops) | undefined;
  readonly memory?: StepMemory | undefined;
}

/** One pass over layers: forward by operations on a tape, then backward to the parameters that were used. */
export class Pass {
  readonly tape: Tape;
  readonly ops: Ops;
  /** Whether the pass is one of training. */
  readonly training: boolean;
  /** Of the steps of a stream: what layers keep from one to the next. */
  readonly memory: StepMemory | undefined;
  /** Layers that share a parameter, or are applied twice, use one value of it, so that gradients add up. */
  readonly #parameters = new Map<Parameter, Value>();

  constructor(runner: Runner, training: boolean, { observe = (ops) => ops, memory }: PassOptions = {}) {
    this.tape = new Tape(runner);
    this.ops = observe(opsOn(this.tape));
    this.training = training;
    this.memory = memory;
  }

  get runner(): Runner {
    return this.tape.runner;
  }

  /** The value of a parameter on the tape. */
  parameter(parameter: Parameter): Value {
    let value = this.#parameters.get(parameter);
    if (!value) {
      value = new Value(parameter.value);
      this.#parameters.set(parameter, value);
    }
    return value;
  }

  /**
   * Runs the backward kernels, which write the gradients of all parameters that are trained.
   * @param inputs - values whose gradients are wanted, too
   * @returns the gradients of `inputs`
   */
  backward(seeds: readonly Seed[], inputs: readonly Value[] = []): Tensor[] {
    const learning = [...this.#parameters].filter(([{ isTrained }]) => isTrained);
    const wanted = learning.map(([{ gradient }, value]) => ({ value, gradient }));
    return this.tape.backward(seeds, [...inputs.map((value) => ({ value })), ...wanted]).slice(0, inputs.length);
  }
}
