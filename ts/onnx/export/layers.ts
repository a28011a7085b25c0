// @internal
import { badArgument } from '../../core/errors.js';
import { BlockLayer } from '../../layers/block.js';
import type { Layer, OnnxBuilder } from '../../layers/index.js';
import type { Value } from '../../ops/value.js';
import type { FloatArray, Tensor } from '../../tensor/tensor.js';
import { type Derived, Emission, type StateName } from './emission.js';
import type { ModelBuilder } from './model-builder.js';
import { forms } from './operations.js';
import { type Trace, traceOf } from './traced-calls.js';

/** Writes layers as nodes, each by its own `toOnnx`. */
export class LayerExporter {
  readonly builder: ModelBuilder;
  readonly #rowShapes = new Map<string, readonly number[]>();
  /** The names of masks by those of the values that they are of. */
  readonly #masks = new Map<string, string>();
  /** The last states of recurrent layers by the names of their outputs. */
  readonly #states = new Map<string, readonly StateName[]>();
  /** The names of inputs of whole numbers. */
  readonly integers = new Set<string>();
  /** The lengths of sequences by the names of the masks that are made of them. */
  readonly lengths = new Map<string, string>();
  /** The names of parameters, by their shapes: a layer that is applied several times has one set of them. */
  readonly #parameters = new Map<Tensor, Map<string, string>>();
  /** Names of the constants that are made of parameters, by a key for each. */
  readonly #derived = new Map<string, string>();
  readonly #numbers = new Map<Tensor, number>();

  constructor(builder: ModelBuilder) {
    this.builder = builder;
  }

  /** Tells the shape of a row of a value. */
  setRowShape(value: string, rowShape: readonly number[]): void {
    this.#rowShapes.set(value, rowShape);
  }

  /** The shape of a row of the value of an input or a layer. */
  rowShape(value: string): readonly number[] {
    const rowShape = this.#rowShapes.get(value);
    if (!rowShape) throw badArgument('value', 'the name of an input or of the output of a layer', value);
    return rowShape;
  }

  /**
   * Adds the nodes of a layer, the last of which has the layer's name.
   * @returns the name of its output
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer that has no ONNX form
   */
  layer(name: string, layer: Layer, inputs: readonly string[]): string {
    if (!layer.isRecordable)
      throw badArgument(`layer '${name}'`, 'a layer of operations, which has an ONNX form,', layer);
    const before = this.builder.size;
    const form = new LayerForm(this, name, layer, inputs);
    const made = layer.toOnnx(form, inputs);
    if (typeof made !== 'string')
      throw badArgument(`the result of toOnnx of layer '${name}'`, 'the name of a value', made);
    // A layer that does nothing is still there.
    const isEmpty = inputs.includes(made) || this.builder.size === before;
    const output = isEmpty ? this.builder.node('Identity', name, [made]) : this.builder.rename(made, name);
    const isMasked = layer.definesMask || inputs.some((input) => this.mask(input) !== undefined);
    const isWhole = !(layer instanceof BlockLayer) || form.isOfOperations;
    const mask = isWhole ? (isMasked ? form.mask() : undefined) : this.mask(made);
    if (mask !== undefined) this.#masks.set(output, mask);
    this.#states.set(output, isWhole ? form.states : this.states(made));
    this.setRowShape(output, layer.outputShape(...inputs.map((input) => this.rowShape(input))));
    return output;
  }

  /** The name of the mask of a value; undefined where it has none. */
  mask(value: string): string | undefined {
    return this.#masks.get(value);
  }

  /** The last states that come with a value: of a recurrent layer; none with another value. */
  states(value: string): readonly StateName[] {
    return this.#states.get(value) ?? [];
  }

  /** The name of a constant that is made of parameters, which is made once. */
  derived(name: string, { key, shape, values }: Derived, tensors: readonly Tensor[]): string {
    const numbers = tensors.map((tensor) => {
      if (!this.#numbers.has(tensor)) this.#numbers.set(tensor, this.#numbers.size);
      return this.#numbers.get(tensor);
    });
    const full = `${key} of ${numbers.join()}`;
    const known =
      this.#derived.get(full) ?? this.builder.constant(name, shape, values(tensors.map(({ data }) => data)));
    this.#derived.set(full, known);
    return known;
  }

  /** The name of a parameter, as a constant of that shape. */
  parameter(name: string, tensor: Tensor, shape: readonly number[] = tensor.shape): string {
    let names = this.#parameters.get(tensor);
    if (!names) {
      names = new Map();
      this.#parameters.set(tensor, names);
    }
    let known = names.get(shape.join());
    if (known === undefined) {
      known = this.builder.constant(name, shape, tensor.data);
      names.set(shape.join(), known);
    }
    return known;
  }
}

/** The builder that a layer gets: its nodes are named after it. */
class LayerForm implements OnnxBuilder {
  readonly #exporter: LayerExporter;
  readonly #name: string;
  readonly #layer: Layer;
  readonly #inputs: readonly string[];
  #layers = 0;
  readonly #states = new Map<Value, StateName>();
  #output: Value | undefined;

  constructor(exporter: LayerExporter, name: string, layer: Layer, inputs: readonly string[]) {
    this.#exporter = exporter;
    this.#name = name;
    this.#layer = layer;
    this.#inputs = inputs;
  }

  node(...[operator, inputs, attributes]: Parameters<OnnxBuilder['node']>): string {
    return this.#exporter.builder.node(operator, `${this.#name}/${operator.toLowerCase()}`, inputs, attributes);
  }

  floats(values: FloatArray | readonly number[], shape: readonly number[]): string {
    return this.#exporter.builder.constant(`${this.#name}/constant`, shape, values);
  }

  bytes(values: ArrayLike<number>, shape: readonly number[], type: 'int8' | 'uint8'): string {
    return this.#exporter.builder.bytes(`${this.#name}/bytes`, values, shape, type);
  }

  integers(values: readonly number[]): string {
    return this.#exporter.builder.integers(`${this.#name}/integers`, values);
  }

  parameter(name: string, shape?: readonly number[]): string {
    const found = this.#layer.parameters.find((parameter) => parameter.name === name);
    if (!found) throw badArgument('name', `a parameter of layer '${this.#name}'`, name);
    return this.#exporter.parameter(`${this.#name}/${name}`, found.value, shape);
  }

  rowShape(value: string): readonly number[] {
    return this.#exporter.rowShape(value);
  }

  layer(layer: Layer, inputs: readonly string[], rowShapes: readonly (readonly number[])[] = []): string {
    for (const [i, rowShape] of rowShapes.entries()) this.#exporter.setRowShape(inputs[i]!, rowShape);
    return this.#exporter.layer(`${this.#name}/${layer.kind.replaceAll(' ', '-')}-${++this.#layers}`, layer, inputs);
  }

  operations(): string {
    const trace = this.#trace();
    this.#output = trace.output;
    return this.#emit(trace, trace.output) ?? this.#inputs[0]!;
  }

  /** Whether the layer has been written as its own operations. */
  get isOfOperations(): boolean {
    return this.#output !== undefined;
  }

  /** The last states that come with the output. */
  get states(): readonly StateName[] {
    return (this.#output?.states ?? []).flatMap((state) => this.#states.get(state) ?? []);
  }

  /** Adds the mask of the output, and returns its name; undefined where there is none. */
  mask(): string | undefined {
    const trace = this.#trace();
    return trace.output.mask && this.#emit(trace, trace.output.mask);
  }

  #trace(): Trace {
    const inputs = this.#inputs.map((input) => ({
      rowShape: this.rowShape(input),
      isMasked: this.#exporter.mask(input) !== undefined,
      states: this.#exporter.states(input).length,
      isInteger: this.#exporter.integers.has(input),
    }));
    return traceOf(this.#layer, inputs, this.#layer.dtype);
  }

  /** Adds the operations that give a value, and returns its name. */
  #emit(trace: Trace, result: Value): string | undefined {
    const { builder } = this.#exporter;
    const names = new Map<Value, StateName | string>(trace.inputs.map((value, i) => [value, this.#inputs[i]!]));
    for (const [i, { mask, states = [] }] of trace.inputs.entries()) {
      if (mask) names.set(mask, this.#exporter.mask(this.#inputs[i]!)!);
      for (const [k, state] of states.entries()) names.set(state, this.#exporter.states(this.#inputs[i]!)[k]!);
    }
    const parameter = (value: Value, shape: readonly number[] | undefined) => {
      const found = trace.parameters.get(value);
      return found && this.parameter(found.name, shape);
    };
    const derived = (values: readonly Value[], what: Derived) => {
      const tensors = values.flatMap((value) => trace.parameters.get(value)?.value ?? []);
      if (tensors.length < values.length) return undefined;
      return this.#exporter.derived(`${this.#name}/${what.key}`, what, tensors);
    };
    const source = { names, states: this.#states, parameter, derived, lengths: this.#exporter.lengths };
    for (const call of trace.callsFor(result)) {
      const emission = new Emission(builder, this.#name, trace, source, call);
      names.set(call.result, forms[call.operation](emission));
    }
    const name = names.get(result);
    return (typeof name === 'function' ? name() : name) ?? parameter(result, undefined);
  }
}
