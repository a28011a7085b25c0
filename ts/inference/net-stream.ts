import { badArgument, clipped, shapeMismatch } from '../core/errors.js';
import { checkOptions, fieldsOf, isFields } from '../core/fields.js';
import { requireRange } from '../core/ranges.js';
import type { Prediction } from '../data/preparation/prediction.js';
import type { Preparation } from '../data/preparation/preparation.js';
import { batchPass, boundInputFor, rowsOf } from '../data/rows.js';
import { StepMemory } from '../graph/step-memory.js';
import type { Model } from '../net/model.js';
import { taskOf } from '../net/net-outputs.js';
import { createReplay, type Replay } from '../replay/replay.js';
import { type BoundInput, fromNative } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { type AnyTensor, requireTensor, sizeOf, Tensor } from '../tensor/tensor.js';
import type { Answers } from './row-predictor.js';
import { isSequence, type StepNumbers, stepNumbers } from './step-numbers.js';
import { plainAnswers, type RawStep, StepPreparer } from './step-preparer.js';

/** Options of `net.stream`. */
export interface NetStreamOptions {
  /** How many sequences go on side by side, each with a state of its own; default 1. */
  readonly rows?: number | undefined;
}

/** The memory of the layers of a stream, in the order of the layers. */
export type StreamState = readonly Tensor[];

/** The parts of a net that its stream needs. */
export interface StreamedNet {
  readonly model: Model;
  /** Throws while the net is busy. */
  readonly requireIdle: (call: string) => void;
  /** Called before outputs are computed, which overwrite those of the last `forward`. */
  readonly forgetPass: () => void;
  /** How raw rows become those of the net; undefined where they are taken as they are. */
  readonly preparation: () => Preparation | undefined;
  /** Does the work when earlier asynchronous calls of the net are done. */
  readonly queued: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The recorded pass of one step. */
interface StepPlan {
  /** The memory of the parameters that it reads. */
  readonly block: unknown;
  readonly inputs: readonly BoundInput[];
  readonly outputs: readonly Tensor[];
  readonly replay: Replay;
}

/**
 * A net that takes sequences one step at a time and remembers what came before: for series that go on, and for texts that
 * are made token by token. `step` gives what the net would give for the whole sequence so far. Made by `net.stream()`.
 */
export class NetStream {
  readonly #net: StreamedNet;
  readonly #rows: number;
  readonly #memory = new StepMemory();
  #plan: StepPlan | undefined;
  /** The preparer of raw steps, with the preparation that it was made for. */
  #prepared: { readonly preparation: Preparation; readonly preparer: StepPreparer } | undefined;

  /**
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, or a net with a layer that must see the whole sequence
   */
  constructor(net: StreamedNet, options: NetStreamOptions = {}) {
    checkOptions(options, ['rows']);
    const { rows = 1 } = options;
    if (!Number.isInteger(rows) || rows < 1) throw badArgument('rows', 'a whole number above 0', rows);
    const { stack } = net.model;
    if (stack.layers.length === 0) throw badArgument('the net', 'at least one layer', 'none');
    const whole = stack.layers.find(({ layer }) => !layer.isStepwise || !layer.isRecordable);
    if (whole) {
      const received = `${whole.layer.kind} ('${clipped(whole.name, 60)}')`;
      const hint = 'a class of your own whose steps do not see each other sets isStepwise';
      throw badArgument('the layers of a stream', 'layers that take one step at a time', received, hint);
    }
    this.#net = net;
    this.#rows = rows;
  }

  /** How many sequences go on side by side. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Computes the outputs for the next step, on this thread.
   * @param x - the numbers of one step, scaled as for `inference`: a list, one number where the step has no more, or a tensor
   *   of `[rows, features]`; for several inputs, such by their names. Inputs that are no sequences are given at each step.
   * @returns `[rows, outputs]`; by name where the net has several outputs
   * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`, `ERR_NET_BUSY`; the state is then as it was
   */
  step(x: StepNumbers | Readonly<Record<string, StepNumbers>>): Tensor;
  step<Result extends Tensor | Readonly<Record<string, Tensor>>>(
    x: StepNumbers | Readonly<Record<string, StepNumbers>>,
  ): Result;
  step(x: StepNumbers | Readonly<Record<string, StepNumbers>>): Tensor | Readonly<Record<string, Tensor>> {
    this.#net.requireIdle('stream.step');
    const outputs = this.#run(this.#inputsFrom(x));
    const { outputs: names } = this.#net.model.stack;
    return outputs.length === 1 ? outputs[0]! : Object.fromEntries(names.map(({ name }, i) => [name, outputs[i]!]));
  }

  /**
   * Answers the next raw step as `net.predict` answers whole sequences: scales its numbers, encodes its cells, and answers in
   * the units of the labels, with the names of classes. The step is read at once; it is computed when earlier calls of
   * `predict`, of this stream and of the net, are done.
   * @param raw - the numbers of one step, or its cells by column name where the net was trained on a time series (a list of
   *   them for several sequences); for several inputs numbers by their names
   * @returns `outputs` is `[rows, outputs]`; by name where the net has several outputs
   * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`, `ERR_NET_BUSY`; the state is then as it was. Also for a net
   *   whose preparation says nothing about single steps, such as one of texts
   */
  async predict(raw: RawStep): Promise<Prediction>;
  async predict<Result extends Answers>(raw: RawStep): Promise<Result>;
  async predict(raw: RawStep): Promise<Answers> {
    const preparation = this.#net.preparation();
    const preparer = preparation && this.#preparerFor(preparation);
    const inputs = this.#inputsFrom(preparer ? preparer.inputsFrom(raw) : raw);
    return this.#net.queued(async () => {
      const outputs = this.#run(inputs);
      const names = this.#net.model.stack.outputs.map(({ name }) => name);
      const task = (output: number) => taskOf(this.#net.model, output);
      return preparer ? preparer.answers(names, task, outputs) : plainAnswers(names, task, outputs);
    });
  }

  /** Computes the outputs of a step. */
  #run(inputs: readonly AnyTensor[]): readonly Tensor[] {
    const plan = this.#planFor(inputs);
    this.#net.forgetPass();
    for (const [i, bound] of plan.inputs.entries()) plan.replay.bind(bound, inputs[i]!.data, this.#rows);
    const { reason, message } = plan.replay.runSync(0, 1, false);
    if (reason !== 'finished') throw fromNative(new Error(message || reason));
    return plan.outputs.map((tensor) => withoutStep(tensor.clone()));
  }

  #preparerFor(preparation: Preparation): StepPreparer {
    if (this.#prepared?.preparation !== preparation) {
      const { stack, params } = this.#net.model;
      const net = { inputs: stack.inputs, dtype: params.dtype, rows: this.#rows };
      this.#prepared = { preparation, preparer: new StepPreparer(preparation, net) };
    }
    return this.#prepared.preparer;
  }

  /** Begins new sequences: all states become zeros. */
  reset(): void {
    for (const { data } of this.#memory.tensors) data.fill(0);
  }

  /** A copy of what the layers remember, to go on from there later. Empty before the first step. */
  get state(): StreamState {
    return this.#memory.tensors.map((tensor) => tensor.clone());
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` or `ERR_SHAPE_MISMATCH` for the state of another stream, or before the first step */
  set state(state: StreamState) {
    const targets = this.#memory.tensors;
    if (!Array.isArray(state) || state.length !== targets.length) {
      throw badArgument('state', `the ${targets.length} tensors of this stream's state`, state);
    }
    for (const [i, { shape, dtype }] of targets.entries()) {
      const source: unknown = state[i];
      requireTensor(`state[${i}]`, source);
      if (source.dtype !== dtype) throw badArgument(`state[${i}]`, `a ${dtype} tensor`, `a ${source.dtype} one`);
      if (source.shape.join() === shape.join()) continue;
      throw shapeMismatch(`state[${i}]`, `shape [${shape.join(', ')}]`, `[${source.shape.join(', ')}]`);
    }
    for (const [i, { data }] of targets.entries()) data.set(state[i]!.data);
  }

  #planFor(inputs: readonly AnyTensor[]): StepPlan {
    const { stack } = this.#net.model;
    // Layers that have seen no rows yet learn their sizes from the first step.
    if (stack.layers.some(({ layer }) => !layer.isBuilt))
      stack.outputShapes(...inputs.map(({ shape }) => shape.slice(1)));
    if (this.#plan?.block !== stack.block) this.#plan = this.#record(inputs);
    return this.#plan!;
  }

  #record(inputs: readonly AnyTensor[]): StepPlan {
    const { params, stack } = this.#net.model;
    const bound = inputs.map((x) => boundInputFor(params.dtype, rowsOf(x)));
    let outputs: readonly Tensor[] = [];
    const range = { count: this.#rows, firstRow: 0 };
    const replay = createReplay(
      {
        step: (runner) => {
          this.#memory.begin();
          const batch = inputs.map((x, i) => batchPass(runner, bound[i]!, rowsOf(x), range));
          const { pass, outputs: values } = stack.forwardPass(runner, batch, false, this.#memory);
          outputs = values.map(({ tensor: { shape } }) => Tensor.zeros(shape, params.dtype));
          for (const [i, { tensor }] of values.entries()) pass.tape.copy(tensor, outputs[i]!, 0);
        },
      },
      { dtype: params.dtype, scalars: new RuntimeScalars(), stepsPerEpoch: 1, batchRows: 1, kept: () => [] },
    );
    return { block: stack.block, inputs: bound, outputs, replay };
  }

  /** The step of each input in the net's order: [rows, 1, ..] for sequences. */
  #inputsFrom(x: unknown): readonly AnyTensor[] {
    const { inputs } = this.#net.model.stack;
    const isAlone = inputs.length === 1 && !(isFields(x) && !(x instanceof Tensor) && !ArrayBuffer.isView(x));
    const names = inputs.map(({ name }) => name);
    const byName = isAlone ? { [names[0]!]: x } : fieldsOf('x', x as object, names);
    return inputs.map((input) => this.#inputFrom(input, byName[input.name]));
  }

  #inputFrom({ name, rowShape, dtype, range }: Model['stack']['inputs'][number], given: unknown): AnyTensor {
    const what = name === '' ? 'x' : `input '${clipped(name, 60)}'`;
    const values = stepNumbers(what, given, dtype === 'int32' ? 'int32' : this.#net.model.params.dtype);
    const isStepped = isSequence({ rowShape, dtype });
    const one = rowShape ? (isStepped ? rowShape.slice(1) : rowShape) : [values.size / this.#rows];
    const size = this.#rows * sizeOf(one);
    if (values.size !== size || !Number.isInteger(size)) {
      throw shapeMismatch(
        what,
        `${size} numbers for a step of shape [${[this.#rows, ...one].join(', ')}]`,
        `${values.size}`,
      );
    }
    if (values.dtype === 'int32') requireRange(what, values, range);
    return values.reshape([this.#rows, ...(isStepped ? [1] : []), ...one]) as AnyTensor;
  }
}

/** [rows, 1, ..] as [rows, ..]. */
function withoutStep(tensor: Tensor): Tensor {
  const { shape } = tensor;
  return shape.length > 2 && shape[1] === 1 ? tensor.reshape([shape[0]!, ...shape.slice(2)]) : tensor;
}
