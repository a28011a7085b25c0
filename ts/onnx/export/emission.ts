// @internal
import type { OnnxAttributes } from '../../layers/index.js';
import { Value } from '../../ops/value.js';
import type { FloatArray } from '../../tensor/tensor.js';
import type { ModelBuilder } from './model-builder.js';
import type { Extent, Trace, TracedCall } from './traced-calls.js';

/** Gives the name of a value that gets its node when it is asked for: of a last state, which few nets read. */
export type StateName = () => string;

/** A constant that is made of parameters. */
export interface Derived {
  /** Names its content: constants of one key and the same parameters are equal. */
  readonly key: string;
  readonly shape: readonly number[];
  values(parameters: readonly FloatArray[]): FloatArray;
}

/** The names of what operations take. */
interface Sources {
  readonly names: Map<Value, StateName | string>;
  /** Last states of recurrent operations. */
  readonly states: Map<Value, StateName>;
  parameter(value: Value, shape: readonly number[] | undefined): string | undefined;
  /** Undefined where not all of the values are parameters. */
  derived(values: readonly Value[], what: Derived): string | undefined;
  /** The lengths of sequences by the names of their masks. */
  readonly lengths: Map<string, string>;
}

/** Writes one operation of a layer as nodes: its arguments are values, for which there are names, and others. */
export class Emission {
  readonly #builder: ModelBuilder;
  readonly #layer: string;
  readonly #trace: Trace;
  readonly #sources: Sources;
  readonly call: TracedCall;

  constructor(builder: ModelBuilder, layer: string, trace: Trace, sources: Sources, call: TracedCall) {
    this.#builder = builder;
    this.#layer = layer;
    this.#trace = trace;
    this.#sources = sources;
    this.call = call;
  }

  /** An argument that is a value, or undefined. */
  value(i: number): Value | undefined {
    const arg = this.call.args[i];
    return arg instanceof Value ? arg : undefined;
  }

  /** The name of an argument: a value, or a number as a constant. */
  name(i: number): string {
    return this.nameOf(this.call.args[i]);
  }

  nameOf(arg: unknown): string {
    if (!(arg instanceof Value)) return this.#builder.scalar(arg as number);
    const { names, parameter } = this.#sources;
    const known = names.get(arg);
    if (typeof known === 'string') return known;
    const name = known?.() ?? parameter(arg, undefined) ?? this.#constant(arg);
    names.set(arg, name);
    return name;
  }

  /** The name of a value in another shape of as many numbers: parameters get it at once. */
  nameAs(value: Value, shape: readonly number[]): string {
    if (value.shape.join() === shape.join()) return this.nameOf(value);
    return this.#sources.parameter(value, shape) ?? this.node('Reshape', [this.nameOf(value), this.integers(shape)]);
  }

  #constant(value: Value): string {
    const { shape } = value;
    const data = value.tensor.data as ArrayLike<number>;
    if (value.dtype === 'int32') return this.#builder.integers(`${this.#layer}/integers`, data, shape);
    return this.#builder.constant(`${this.#layer}/constant`, shape, data as FloatArray);
  }

  /** Adds a node, named after the layer and its operator, and returns its output. */
  node(operator: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    return this.#builder.node(operator, `${this.#layer}/${operator.toLowerCase()}`, inputs, attributes);
  }

  /** Adds a node of several outputs, and returns their names. */
  nodes(
    operator: string,
    inputs: readonly string[],
    attributes: OnnxAttributes,
    outputs: readonly string[],
  ): readonly string[] {
    return this.#builder.nodes(operator, `${this.#layer}/${operator.toLowerCase()}`, inputs, attributes, outputs);
  }

  /** The name of a constant that is made of parameters; undefined where the values are not all parameters. */
  derived(values: readonly Value[], what: Derived): string | undefined {
    return this.#sources.derived(values, what);
  }

  /** Sets the name of a last state that the call gives. */
  setState(value: Value, name: StateName): void {
    this.#sources.states.set(value, name);
    if (value !== this.call.result) this.#sources.names.set(value, name);
  }

  /** The lengths that a mask is made of, by its name; undefined for another mask. */
  lengthsOf(mask: string): string | undefined {
    return this.#sources.lengths.get(mask);
  }

  /** Notes the lengths that a mask is made of, if any, and returns its name. */
  withLengths(mask: string, lengths: string | undefined): string {
    if (lengths !== undefined) this.#sources.lengths.set(mask, lengths);
    return mask;
  }

  integers(values: readonly number[]): string {
    return this.#builder.integers(`${this.#layer}/integers`, values);
  }

  scalar(value: number): string {
    return this.#builder.scalar(value);
  }

  /** A constant list of numbers. */
  floats(values: readonly number[]): string {
    return this.#builder.constant(`${this.#layer}/constant`, [values.length], values);
  }

  get isFloat64(): boolean {
    return this.#builder.dtype === 'float64';
  }

  extents(value: Value): readonly Extent[] {
    return this.#trace.extents(value);
  }

  /** The result's shape for Reshape, with −1 where it depends on the rows. */
  targetShape(value: Value): readonly number[] {
    return this.extents(value).map((extent) => (typeof extent === 'number' ? extent : -1));
  }
}
