import { badArgument, clipped, shapeMismatch } from '../core/errors.js';
import { checkOptions, fieldsOf, isFields } from '../core/fields.js';
import { requireRange } from '../core/ranges.js';
import type { Prediction } from '../data/preparation/prediction.js';
import type { Preparation } from '../data/preparation/preparation.js';
import { mostSteps, StepMemory } from '../graph/step-memory.js';
import type { Model } from '../net/model.js';
import type { GraphInput, GraphParts } from '../net/net-graph.js';
import { taskOf } from '../net/net-outputs.js';
import { wholeValues } from '../net/whole-values.js';
import { fromNative } from '../runtime/runner.js';
import { type AnyTensor, sizeOf, Tensor } from '../tensor/tensor.js';
import type { Answers } from './row-predictor.js';
import { isSequence, type StepNumbers, stepNumbers } from './step-numbers.js';
import { recordStep, type StepPlan } from './step-plan.js';
import { plainAnswers, type RawStep, StepPreparer } from './step-preparer.js';

/** Options of `net.stream`. */
export interface NetStreamOptions {
  /** How many sequences go on side by side, each with a state of its own; default 1. */
  readonly rows?: number | undefined;
  /**
   * The most steps of a sequence, for layers that keep something of each step, such as attention. Default: the steps of the
   * sequences that the net knows.
   */
  readonly maxSteps?: number | undefined;
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

/** The inputs of a step in the net's order; undefined for those that the sequence has already. */
type StepInputs = readonly (AnyTensor | undefined)[];

/**
 * A net that takes sequences one step at a time and remembers what came before: for series that go on, and for texts that
 * are made token by token. `step` gives what the net would give for the whole sequence so far. Made by `net.stream()`.
 */
export class NetStream {
  readonly #net: StreamedNet;
  readonly #rows: number;
  readonly #memory: StepMemory;
  /** Values of the graph that are the same for all steps of a sequence. */
  readonly #whole: ReadonlySet<number>;
  /** The inputs among them that were given last, by their places. */
  readonly #given = new Map<number, AnyTensor>();
  #plan: StepPlan | undefined;
  /** The inputs of the plan: to work them out at each step would take as long as the step. */
  #planned: readonly GraphInput[] = [];
  /** The preparer of raw steps, with the preparation that it was made for. */
  #prepared: { readonly preparation: Preparation; readonly preparer: StepPreparer } | undefined;

  /**
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, or a net with a layer that must see the whole sequence
   */
  constructor(net: StreamedNet, options: NetStreamOptions = {}) {
    checkOptions(options, ['rows', 'maxSteps']);
    const { rows = 1, maxSteps } = options;
    if (!Number.isInteger(rows) || rows < 1) throw badArgument('rows', 'a whole number above 0', rows);
    if (maxSteps !== undefined && (!Number.isInteger(maxSteps) || maxSteps < 1 || maxSteps > mostSteps)) {
      throw badArgument('maxSteps', `a whole number from 1 to ${mostSteps}`, maxSteps);
    }
    const { stack } = net.model;
    if (stack.layers.length === 0) throw badArgument('the net', 'at least one layer', 'none');
    this.#whole = wholeValues(stack.parts);
    requireStepwise(stack.parts, this.#whole);
    this.#net = net;
    this.#rows = rows;
    this.#memory = new StepMemory(maxSteps ?? this.#stepsOfNet());
  }

  /** The steps of the sequences that the net knows; undefined where it has seen none. */
  #stepsOfNet(): number | undefined {
    const inputs = this.#inputs;
    const first = inputs.findIndex((input, i) => this.#isStepped(input, i));
    const shapes = [inputs[first]?.rowShape, this.#net.model.stack.inputs[first]?.rowShape];
    // A single step may be that of another stream.
    const steps = shapes.map((shape) => shape?.[0] ?? 1).find((count) => count > 1);
    return steps && Math.min(steps, mostSteps);
  }

  /** The net's inputs, with the shapes of rows that it has seen: a dense first layer of a chain knows the numbers of a step only. */
  get #inputs(): readonly GraphInput[] {
    const { stack } = this.#net.model;
    return this.#plan && this.#plan.block === stack.block ? this.#planned : this.#inputsOfNet();
  }

  #inputsOfNet(): readonly GraphInput[] {
    const { inputs, parts } = this.#net.model.stack;
    return inputs.map((input, i) => ({
      ...input,
      rowShape: parts.inputs[i]!.rowShape ?? parts.seen?.[i] ?? input.rowShape,
    }));
  }

  #isStepped(input: GraphInput, i: number): boolean {
    return isSequence(input) && !this.#whole.has(i);
  }

  /** Names of the inputs that are given with the first step of a sequence, whole: '' where an input has none. */
  get wholeInputs(): readonly string[] {
    return this.#net.model.stack.inputNames.filter((_, i) => this.#whole.has(i));
  }

  /** How many sequences go on side by side. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Computes the outputs for the next step, on this thread.
   * @param x - the numbers of one step, scaled as for `inference`: a list, one number where the step has no more, or a tensor
   *   of `[rows, features]`; for several inputs, such by their names. Inputs that are no sequences are given at each step;
   *   those of `wholeInputs` with the first step of a sequence, and later only to change them.
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
  #run(inputs: StepInputs): readonly Tensor[] {
    this.#memory.requirePlace();
    const isBegun = this.#memory.steps > 0;
    const missing = inputs.indexOf(undefined);
    if (missing >= 0 && !isBegun) throw this.#missing(missing);
    for (const [i, x] of inputs.entries()) if (x && this.#whole.has(i)) this.#given.set(i, x);
    const all = inputs.map((x, i) => x ?? this.#given.get(i) ?? this.#zerosFor(i));
    const plan = this.#planFor(all);
    this.#net.forgetPass();
    const replays = plan.once && missing < 0 ? [plan.once, plan.replay] : [plan.replay];
    for (const replay of replays) {
      for (const [i, bound] of plan.inputs.entries()) replay.bind(bound, all[i]!.data, this.#rows);
      const { reason, message } = replay.runSync(0, 1, false);
      if (reason !== 'finished') throw fromNative(new Error(message || reason));
    }
    this.#memory.advance();
    return plan.outputs.map((tensor) => withoutStep(tensor.clone()));
  }

  /** Rows of a whole input that another stream was given: its shape is all that counts. */
  #zerosFor(i: number): AnyTensor {
    const { rowShape = [], dtype } = this.#inputs[i]!;
    const type = dtype === 'int32' ? dtype : this.#net.model.params.dtype;
    return Tensor.zeros([this.#rows, ...rowShape], type) as AnyTensor;
  }

  #missing(i: number) {
    const { name } = this.#net.model.stack.inputs[i]!;
    return badArgument(`input '${clipped(name, 60)}'`, 'its rows with the first step of a sequence', 'none');
  }

  #preparerFor(preparation: Preparation): StepPreparer {
    if (this.#prepared?.preparation !== preparation) {
      const { params } = this.#net.model;
      const net = { inputs: this.#inputs, dtype: params.dtype, rows: this.#rows, wholeInputs: this.wholeInputs };
      this.#prepared = { preparation, preparer: new StepPreparer(preparation, net) };
    }
    return this.#prepared.preparer;
  }

  /** Begins new sequences: all states become zeros. */
  reset(): void {
    this.#memory.reset();
  }

  /** A copy of what the layers remember, to go on from there later. Empty before the first step. */
  get state(): StreamState {
    return this.#memory.state;
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` or `ERR_SHAPE_MISMATCH` for the state of another stream, or before the first step */
  set state(state: StreamState) {
    this.#memory.state = state;
  }

  #planFor(inputs: readonly AnyTensor[]): StepPlan {
    const { stack } = this.#net.model;
    // Layers that have seen no rows yet learn their sizes from the first step.
    if (stack.layers.some(({ layer }) => !layer.isBuilt))
      stack.outputShapes(...inputs.map(({ shape }) => shape.slice(1)));
    if (this.#plan?.block !== stack.block) {
      this.#planned = this.#inputsOfNet();
      this.#plan = recordStep(this.#net.model, inputs, { rows: this.#rows, memory: this.#memory, whole: this.#whole });
    }
    return this.#plan!;
  }

  /** The step of each input in the net's order: [rows, 1, ..] for sequences. */
  #inputsFrom(x: unknown): StepInputs {
    const inputs = this.#inputs;
    const isAlone = inputs.length === 1 && !(isFields(x) && !(x instanceof Tensor) && !ArrayBuffer.isView(x));
    const names = inputs.map(({ name }) => name);
    const byName = isAlone ? { [names[0]!]: x } : fieldsOf('x', x as object, names);
    const isLeftOut = inputs.map(({ name }, i) => this.#whole.has(i) && byName[name] === undefined);
    const whole = isLeftOut.filter((_, i) => this.#whole.has(i));
    // Some of them alone would be put together with those of another sequence.
    if (whole.includes(true) && whole.includes(false)) throw this.#missing(isLeftOut.indexOf(true));
    return inputs.map((input, i) => (isLeftOut[i] ? undefined : this.#inputFrom(input, i, byName[input.name])));
  }

  #inputFrom(input: GraphInput, i: number, given: unknown): AnyTensor {
    const { name, rowShape, dtype, range } = input;
    const what = name === '' ? 'x' : `input '${clipped(name, 60)}'`;
    const values = stepNumbers(what, given, dtype === 'int32' ? 'int32' : this.#net.model.params.dtype);
    const isStepped = this.#isStepped(input, i);
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

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer that must see whole sequences step by step */
function requireStepwise({ inputs, steps }: GraphParts, whole: ReadonlySet<number>): void {
  for (const [i, { layer, name, sources }] of steps.entries()) {
    const refusal = whole.has(inputs.length + i) ? undefined : layer.stepRefusal(sources.map((one) => whole.has(one)));
    if (layer.isRecordable && refusal === undefined) continue;
    const received = `${layer.kind} ('${clipped(name, 60)}')`;
    throw badArgument('the layers of a stream', 'layers that take one step at a time', received, refusal);
  }
}

/** [rows, 1, ..] as [rows, ..]. */
function withoutStep(tensor: Tensor): Tensor {
  const { shape } = tensor;
  return shape.length > 2 && shape[1] === 1 ? tensor.reshape([shape[0]!, ...shape.slice(2)]) : tensor;
}
