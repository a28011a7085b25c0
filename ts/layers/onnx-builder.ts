import type { FloatArray } from '../tensor/tensor.js';
import type { Layer } from './layer.js';

/** Attributes of an ONNX node: integers, texts, lists of these, and floats, which are marked since JavaScript has one type of numbers. */
export type OnnxAttributes = Readonly<
  Record<string, number | string | readonly number[] | readonly string[] | { readonly float: number }>
>;

/** Makes the ONNX form of a layer, in `layer.toOnnx`. Values go by their names. */
export interface OnnxBuilder {
  /**
   * Adds a node of the domain ai.onnx, operator set 17.
   * @returns the name of its only output
   */
  node(operator: string, inputs: readonly string[], attributes?: OnnxAttributes): string;
  /** Adds a constant of the model's dtype, and returns its name. */
  floats(values: FloatArray | readonly number[], shape: readonly number[]): string;
  /** Adds whole numbers of 8 bits and returns their name. @throws BlasnetError `ERR_BAD_ARGUMENT` in a float64 model */
  bytes(values: ArrayLike<number>, shape: readonly number[], type: 'int8' | 'uint8'): string;
  /** Adds a list of int64, such as a shape, and returns its name. */
  integers(values: readonly number[]): string;
  /** Adds a parameter of the layer, in another shape of as many numbers if one is given, and returns its name. */
  parameter(name: string, shape?: readonly number[]): string;
  /** The shape of a row of a value; values of its nodes do not have one. */
  rowShape(value: string): readonly number[];
  /**
   * Adds another layer, applied to values, and returns the name of its output.
   * @param rowShapes - shapes of their rows, for values of the builder's nodes, which have none
   */
  layer(layer: Layer, inputs: readonly string[], rowShapes?: readonly (readonly number[])[]): string;
  /** Adds the operations of the layer itself, as its `call` has them, and returns the name of the output. */
  operations(): string;
}
