// @internal
import { badArgument } from '../../core/errors.js';
import type { Layer, OnnxBuilder } from '../../layers/index.js';
import type { Value } from '../../ops/value.js';
import type { FloatArray, Tensor } from '../../tensor/tensor.js';
import { Emission } from './emission.js';
import type { ModelBuilder } from './model-builder.js';
import { forms } from './operations.js';
import { traceOf } from './traced-calls.js';

/** Writes layers as nodes, each by its own `toOnnx`. */
export class LayerExporter {
  readonly builder: ModelBuilder;
  readonly #rowShapes = new Map<string, readonly number[]>();
  /** The names of parameters, by their shapes: a layer that is applied several times has one set of them. */
  readonly #parameters = new Map<Tensor, Map<string, string>>();

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
    const made = layer.toOnnx(new LayerForm(this, name, layer, inputs), inputs);
    if (typeof made !== 'string')
      throw badArgument(`the result of toOnnx of layer '${name}'`, 'the name of a value', made);
    // A layer that does nothing is still there.
    const isEmpty = inputs.includes(made) || this.builder.size === before;
    const output = isEmpty ? this.builder.node('Identity', name, [made]) : this.builder.rename(made, name);
    this.setRowShape(output, layer.outputShape(...inputs.map((input) => this.rowShape(input))));
    return output;
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

  layer(layer: Layer, inputs: readonly string[]): string {
    return this.#exporter.layer(`${this.#name}/${layer.kind.replaceAll(' ', '-')}-${++this.#layers}`, layer, inputs);
  }

  operations(): string {
    const { builder } = this.#exporter;
    const rowShapes = this.#inputs.map((input) => this.rowShape(input));
    const trace = traceOf(this.#layer, rowShapes, this.#layer.dtype);
    const names = new Map<Value, string>(trace.inputs.map((value, i) => [value, this.#inputs[i]!]));
    const parameter = (value: Value, shape: readonly number[] | undefined) => {
      const found = trace.parameters.get(value);
      return found && this.parameter(found.name, shape);
    };
    for (const call of trace.calls) {
      const emission = new Emission(builder, this.#name, trace, names, parameter, call);
      names.set(call.result, forms[call.operation](emission));
    }
    return names.get(trace.output) ?? parameter(trace.output, undefined) ?? this.#inputs[0]!;
  }
}
