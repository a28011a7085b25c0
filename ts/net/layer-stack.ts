import { didYouMean } from '../core/did-you-mean.js';
import { badArgument } from '../core/errors.js';
import { requireLayerName } from '../core/files.js';
import type { RowShape } from '../graph/node.js';
import { Pass } from '../graph/pass.js';
import type { StepMemory } from '../graph/step-memory.js';
import type { Parameter } from '../graph/weights-bias.js';
import { Layer } from '../layers/layer.js';
import { Value } from '../ops/value.js';
import { Arena } from '../runtime/arena.js';
import type { Precision } from '../runtime/precision.js';
import type { Runner } from '../runtime/runner.js';
import { type AnyTensor, arrayOf, type DType, sizeOf, type Tensor } from '../tensor/tensor.js';
import {
  chainOf,
  type GraphInput,
  type GraphOutput,
  type GraphParts,
  type GraphStep,
  knownShapes,
  type NamedLayer,
  rangesOf,
  requireOrder,
  requireRows,
  requireTypes,
  shapesThrough,
  uniqueLayers,
} from './net-graph.js';

/** All parameters of a net that are trained as one tensor, their gradients as another, in the same order; and the others. */
export interface ParameterBlock {
  readonly theta: Tensor;
  readonly gradient: Tensor;
  /** Parameters of trained layers that are not trained themselves: running statistics. */
  readonly statistics: Tensor;
  /** All parameters of layers that are not trained. */
  readonly frozen: Tensor;
}

/** The pass of a net over a batch. */
export interface NetPass {
  readonly pass: Pass;
  /** In the order of the net's outputs. */
  readonly outputs: readonly Value[];
  /** The result of each step, to find where numbers were lost. */
  readonly results: readonly Tensor[];
}

/** The circumstances of a pass over one step of sequences. */
export interface StepContext {
  readonly memory: StepMemory;
  /** Which values are computed once for a sequence; see `wholeValues`. */
  readonly whole: ReadonlySet<number>;
  /** Records their operations; needed where there are some. */
  readonly beside?: Runner | undefined;
}

/** The layers of a net as a graph: names, shapes that fit, parameters in one block, passes over all of them. */
export class LayerStack {
  #parts: GraphParts = chainOf([]);
  readonly #byName = new Map<string, Layer>();
  /** Row shapes of the inputs that shapes were computed for most recently. */
  #seen: readonly RowShape[] | undefined;
  /** Those shapes; rows of the same shapes, as most are, need no further look. */
  #shapes: readonly RowShape[] | undefined;
  readonly #dtype: DType;
  readonly #weightsFirst: boolean;
  readonly #precision: Precision;
  #block: ParameterBlock | undefined;

  /** @param weightsFirst - lays the parameters that l1 and l2 count out before the others, not layer by layer */
  constructor(dtype: DType, weightsFirst = false, precision: Precision = 'float32') {
    this.#dtype = dtype;
    this.#weightsFirst = weightsFirst;
    this.#precision = precision;
  }

  /** The layers in the order in which they are first applied. */
  get layers(): readonly NamedLayer[] {
    return uniqueLayers(this.#parts);
  }

  get steps(): readonly GraphStep[] {
    return this.#parts.steps;
  }

  /** The inputs; where a row shape was not given, it is that of the first layer, or the one of the newest data. */
  get inputs(): readonly GraphInput[] {
    const first = this.isChain ? this.#parts.steps[0]?.layer.inputShape : undefined;
    const inputs = this.#parts.inputs.map((input, i) => ({
      ...input,
      rowShape: input.rowShape ?? first ?? this.#seen?.[i],
    }));
    if (!this.hasIndices) return inputs;
    const ranges = this.#rangesFor(inputs.map(({ rowShape }) => rowShape));
    return inputs.map((input, i) => ({ ...input, ...(ranges[i] && { range: ranges[i] }) }));
  }

  /** Whether an input is one of int32. */
  get hasIndices(): boolean {
    return this.#parts.inputs.some(({ dtype }) => dtype === 'int32');
  }

  /** The ranges of the inputs' numbers, for rows of these shapes. */
  #rangesFor(rowShapes: readonly (RowShape | undefined)[]) {
    const { steps } = this.#parts;
    const known = rowShapes.every((shape) => shape !== undefined);
    return rangesOf(this.#parts, [...rowShapes, ...(known && steps.length > 0 ? this.shapes(...rowShapes) : [])]);
  }

  /** The input from which the steps of sequences that count are known, and how; undefined where there is none. */
  get stepsSource(): { readonly input: number; readonly kind: 'length' | 'nonZero' } | undefined {
    const { inputs, steps } = this.#parts;
    for (const { layer, sources } of steps) {
      for (const [i, source] of sources.entries()) {
        const rowShape = inputs[source] && (inputs[source].rowShape ?? this.#seen?.[source]);
        const kind = rowShape && layer.stepsFrom(i, rowShape);
        if (kind) return { input: source, kind };
      }
    }
    return undefined;
  }

  get inputNames(): readonly string[] {
    return this.#parts.inputs.map(({ name }) => name);
  }

  /** The structure, with the row shapes that sizes were inferred from. */
  get parts(): GraphParts {
    return { ...this.#parts, seen: this.#seen };
  }

  get outputs(): readonly GraphOutput[] {
    return this.#parts.outputs;
  }

  /** Whether each layer takes the result of the one before it, and nothing else. */
  get isChain(): boolean {
    const { inputs, steps, outputs } = this.#parts;
    const isInOrder = steps.every(({ sources }, i) => sources.length === 1 && sources[0] === i);
    return (
      inputs.length === 1 && inputs[0]!.name === '' && isInOrder && outputs.every(({ value }) => value === steps.length)
    );
  }

  /**
   * Makes the net that graph.
   * @param configure - is called for each layer, once all of them are known to fit
   */
  set(parts: GraphParts, configure: (layer: NamedLayer, position: number) => void): void {
    requireOrder(parts);
    requireTypes(parts);
    const known = knownShapes(parts);
    if (known) shapesThrough(parts, known);
    const names = new Map<string, Layer>();
    for (const { name, layer } of parts.steps) {
      const other = names.get(name);
      if (other && other !== layer)
        throw badArgument(`layer '${name}'`, 'a name that is not taken', 'that of another layer');
      names.set(name, layer);
    }
    for (const [position, [name, layer]] of [...names].entries()) configure({ name, layer }, position);
    this.#parts = parts;
    this.#seen = parts.seen;
    this.#changed();
  }

  /**
   * Appends a layer to a net with one output and, once it is known to fit, configures it.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a name or layer that is there already, `ERR_SHAPE_MISMATCH`
   */
  add(layer: Layer, name: string, configure: () => void): void {
    if (!(layer instanceof Layer)) throw badArgument('layer', 'a Layer', layer);
    requireLayerName(name);
    const { inputs, steps, outputs } = this.#parts;
    if (outputs.length > 1) throw badArgument('addLayer', 'a net with one output', `one with ${outputs.length}`);
    const isKnown = steps.find((entry) => entry.layer === layer);
    const taken = isKnown ?? steps.find((entry) => entry.name === name || entry.step === name);
    if (taken || inputs.some((input) => input.name === name)) {
      const what = isKnown ? 'a layer that is not in the net yet' : 'a name that is not taken';
      throw badArgument(`layer '${name}'`, what, `the one added as '${taken?.name ?? name}'`);
    }
    const source = outputs[0]?.value ?? 0;
    const isFirst = steps.length === 0 && inputs.length === 1 && inputs[0]!.rowShape === undefined;
    const type = isFirst ? (layer.inputType(0) ?? 'float32') : undefined;
    const parts: GraphParts = {
      inputs: type ? [{ ...inputs[0]!, dtype: type }] : inputs,
      steps: [...steps, { name, step: name, layer, sources: [source] }],
      outputs: [{ name, value: inputs.length + steps.length }],
    };
    requireTypes(parts);
    const known = this.inputs.map(({ rowShape }) => rowShape ?? (steps.length === 0 ? layer.inputShape : undefined));
    if (known.every((shape) => shape !== undefined)) shapesThrough(parts, known);
    configure();
    this.#parts = parts;
    this.#changed();
  }

  /**
   * Removes a layer and all layers behind it.
   * @returns the layers that were removed
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name, or where a layer that stays is needed in another way
   */
  removeFrom(name: string): readonly Layer[] {
    const layer = this.find(name);
    const { inputs, steps, outputs } = this.#parts;
    const first = steps.findIndex((step) => step.layer === layer);
    const gone = steps.slice(first);
    const isTail = gone.every(
      ({ sources }, i) => i === 0 || (sources.length === 1 && sources[0] === inputs.length + first + i - 1),
    );
    if (outputs.length > 1 || !isTail || gone[0]!.sources.length > 1) {
      throw badArgument(
        `removeLayer('${name}')`,
        'a layer from which on the net is a chain with one output',
        'a branch',
      );
    }
    const [source] = gone[0]!.sources;
    const last = steps[source! - inputs.length];
    this.#parts = { inputs, steps: steps.slice(0, first), outputs: last ? [{ name: last.step, value: source! }] : [] };
    const kept = new Set(this.#parts.steps.map((step) => step.layer));
    this.#changed();
    return gone.map((step) => step.layer).filter((one) => !kept.has(one));
  }

  #changed(): void {
    this.#byName.clear();
    for (const { name, layer } of this.#parts.steps) this.#byName.set(name, layer);
    this.#block = undefined;
    this.#shapes = undefined;
  }

  find(name: string): Layer {
    this.#requireLayers();
    const found = this.#byName.get(name);
    if (!found) {
      const names = [...this.#byName.keys()];
      throw badArgument('layer', `one of ${names.join(', ')}`, name, didYouMean(name, names));
    }
    return found;
  }

  /** Row shapes of every step's result for inputs of these row shapes, in order. */
  shapes(...inputs: readonly RowShape[]): readonly RowShape[] {
    if (this.#shapes && this.#seen && isSame(inputs, this.#seen)) return this.#shapes;
    if (inputs.length !== this.#parts.inputs.length) {
      throw badArgument('the inputs', `${this.#parts.inputs.length} of them`, inputs.length);
    }
    for (const [i, input] of this.#parts.inputs.entries()) requireRows(input, inputs[i]!);
    const shapes = shapesThrough(this.#parts, inputs);
    this.#seen = inputs;
    this.#shapes = shapes;
    return shapes;
  }

  /** Row shapes of the net's outputs for inputs of these row shapes. */
  outputShapes(...inputs: readonly RowShape[]): RowShape[] {
    this.#requireLayers();
    const shapes = [...inputs, ...this.shapes(...inputs)];
    return this.#parts.outputs.map(({ value }) => shapes[value]!);
  }

  /** Row shape of the only output. */
  outputShape(...inputs: readonly RowShape[]): RowShape {
    return this.outputShapes(...inputs)[0]!;
  }

  #requireLayers(): void {
    if (this.#parts.steps.length === 0) throw badArgument('the net', 'at least one layer', 'none');
  }

  /** Bytes that a row of these shapes and the results of all steps for it take. */
  rowBytes(...inputs: readonly RowShape[]): number {
    const numbers = [...inputs, ...this.shapes(...inputs)].reduce((sum, shape) => sum + sizeOf(shape), 0);
    return numbers * arrayOf(this.#dtype).BYTES_PER_ELEMENT;
  }

  /** All parameters in one arena, so that an update is one kernel; the layers' tensors become views of it. */
  get block(): ParameterBlock {
    this.#block ??= this.#layOut();
    return this.#block;
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` where the memory of the weights was transferred away */
  requireAttached(): void {
    if (Object.values(this.block).some((tensor: Tensor) => tensor.data.length !== tensor.size)) {
      throw badArgument("the net's weights", 'their memory', 'a detached buffer');
    }
  }

  /** To be called when other parameters are trained than before, or in another way. */
  forgetBlock(): void {
    this.#block = undefined;
  }

  #layOut(): ParameterBlock {
    const arenas = {
      theta: new Arena(this.#dtype),
      gradient: new Arena(this.#dtype),
      statistics: new Arena(this.#dtype),
      frozen: new Arena(this.#dtype),
    };
    const parameters = this.layers.flatMap(({ layer }) => layer.parameters).toSorted((a, b) => this.#compare(a, b));
    const moves = parameters.flatMap((parameter) => {
      const { value, gradient, isTrained, trainable, learning } = parameter;
      const place = isTrained ? 'theta' : trainable || !learning.trainable ? 'frozen' : 'statistics';
      const moved = { tensor: value, storage: arenas[place].reserve(value.size) };
      return isTrained ? [moved, { tensor: gradient, storage: arenas.gradient.reserve(gradient.size) }] : [moved];
    });
    for (const { tensor, storage } of moves) tensor.moveTo(storage);
    const { theta, gradient, statistics, frozen } = arenas;
    return {
      theta: theta.whole(),
      gradient: gradient.whole(),
      statistics: statistics.whole(),
      frozen: frozen.whole(),
    };
  }

  /** Brings parameters together that are updated alike. */
  #compare(a: Parameter, b: Parameter): number {
    const byKind = this.#weightsFirst ? Number(b.penalized) - Number(a.penalized) : 0;
    return a.learning.learningRateFactor - b.learning.learningRateFactor || byKind;
  }

  /** True if all layers consist of operations, so that C++ can replay them. */
  get isRecordable(): boolean {
    return this.layers.every(({ layer }) => layer.isRecordable);
  }

  /** Runs or records the forward pass over all layers. */
  forwardPass(runner: Runner, inputs: readonly AnyTensor[], training: boolean, step?: StepContext): NetPass {
    void this.block; // parameters must lie where they will stay before a plan points at them
    const pass = new Pass(runner, training, { memory: step?.memory });
    pass.tape.precision = this.#precision;
    const beside = step?.beside && new Pass(step.beside, false);
    if (beside) beside.tape.precision = this.#precision;
    step?.memory.begin(beside);
    const values: Value[] = [];
    const add = (value: Value) => {
      if (step?.whole.has(values.length)) step.memory.addWhole(value);
      values.push(value);
    };
    for (const tensor of inputs) add(new Value(tensor));
    for (const { layer, sources } of this.#parts.steps) {
      const own = beside && step.whole.has(values.length) ? beside : pass;
      const operands = sources.map((source) => values[source]!);
      add(layer.record(own, operands));
    }
    pass.tape.precision = 'float32'; // of losses and metrics
    const results = values.slice(inputs.length).map(({ tensor }) => tensor);
    return { pass, outputs: this.#parts.outputs.map(({ value }) => values[value]!), results };
  }
}

const isSame = (a: readonly RowShape[], b: readonly RowShape[]) =>
  a.length === b.length &&
  a.every((shape, i) => shape.length === b[i]!.length && shape.every((length, k) => length === b[i]![k]));
