// @internal
import type { OnnxAttributes } from '../../layers/index.js';
import { Value } from '../../ops/value.js';
import type { FloatArray } from '../../tensor/tensor.js';
import type { ModelBuilder } from './model-builder.js';
import type { Extent, Trace, TracedCall } from './traced-calls.js';

/** Writes one operation of a layer as nodes: its arguments are values, for which there are names, and others. */
export class Emission {
  readonly #builder: ModelBuilder;
  readonly #layer: string;
  readonly #trace: Trace;
  readonly #names: Map<Value, string>;
  readonly #parameter: (value: Value, shape: readonly number[] | undefined) => string | undefined;
  readonly call: TracedCall;

  constructor(
    builder: ModelBuilder,
    layer: string,
    trace: Trace,
    names: Map<Value, string>,
    parameter: (value: Value, shape: readonly number[] | undefined) => string | undefined,
    call: TracedCall,
  ) {
    this.#builder = builder;
    this.#layer = layer;
    this.#trace = trace;
    this.#names = names;
    this.#parameter = parameter;
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
    const known = this.#names.get(arg);
    if (known !== undefined) return known;
    const name = this.#parameter(arg, undefined) ?? this.#constant(arg);
    this.#names.set(arg, name);
    return name;
  }

  /** The name of a value in another shape of as many numbers: parameters get it at once. */
  nameAs(value: Value, shape: readonly number[]): string {
    if (value.shape.join() === shape.join()) return this.nameOf(value);
    return this.#parameter(value, shape) ?? this.node('Reshape', [this.nameOf(value), this.integers(shape)]);
  }

  #constant(value: Value): string {
    const { data, shape } = value.tensor;
    return this.#builder.constant(`${this.#layer}/constant`, shape, data as FloatArray);
  }

  /** Adds a node, named after the layer and its operator, and returns its output. */
  node(operator: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    return this.#builder.node(operator, `${this.#layer}/${operator.toLowerCase()}`, inputs, attributes);
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
