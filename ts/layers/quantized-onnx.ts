// @internal

import { ActivationLayer } from './activation.js';
import type { ActivationFunction } from './activation-table.js';
import type { Layer } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';

/** Adds the nodes that make bytes of a value and numbers of these again, and returns the name of the result. */
export function quantizedInput({ parameters }: Layer, onnx: OnnxBuilder, x: string): string {
  const numberOf = (name: string) => parameters.find((parameter) => parameter.name === name)!.value.data[0]!;
  const scale = onnx.floats([numberOf('inputScale')], []);
  const zero = onnx.bytes([numberOf('inputZero')], [], 'uint8');
  return onnx.node('DequantizeLinear', [onnx.node('QuantizeLinear', [x, scale, zero]), scale, zero]);
}

/**
 * Adds int8 weights as numbers, and returns the name of the result.
 * @param axis - of the outputs, each of which has its own scale
 * @param turned - the weights in another order and shape
 */
export function quantizedWeights(
  { parameters }: Layer,
  onnx: OnnxBuilder,
  axis: number,
  turned?: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
): string {
  const { value } = parameters.find(({ name }) => name === 'W')!;
  const outputs = parameters.find(({ name }) => name === 'scale')!.value.size;
  const weights = onnx.bytes(turned?.data ?? value.data, turned?.shape ?? value.shape, 'int8');
  const zeros = onnx.bytes(new Int8Array(outputs), [outputs], 'int8');
  return onnx.node('DequantizeLinear', [weights, onnx.parameter('scale', [outputs]), zeros], { axis });
}

/** Adds the layer's activation to a value with rows of that shape. */
export function activated(
  onnx: OnnxBuilder,
  value: string,
  rowShape: readonly number[],
  activation: ActivationFunction | undefined,
): string {
  if (!activation || activation.name === 'identity') return value;
  return onnx.layer(new ActivationLayer(activation.options), [value], [rowShape]);
}
