// @internal
import { elementTypeName, elementTypes, type TensorMessage } from '../../messages.js';
import { type ConstantValue, constantOf } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';
import { quote } from '../quote.js';
import type { Grid, WholeConstant } from './bytes.js';

const { uint8, int8, int32 } = elementTypes;

/** The tensor that an input is; undefined where it is none. */
function tensorOf(state: GraphImport, node: OnnxNode, i: number): TensorMessage | undefined {
  const name = node.inputs[i] ?? '';
  const initializer = state.graph.constants.get(name);
  if (initializer || name === '') return initializer;
  const producer = state.graph.nodes.find(({ operator, outputs }) => operator === 'Constant' && outputs[0] === name);
  return producer?.tensor('value');
}

/** Whole numbers of an input that is a tensor of these types. */
function wholes(
  state: GraphImport,
  node: OnnxNode,
  i: number,
  types: readonly number[],
): ConstantValue & { readonly type: number } {
  const tensor = tensorOf(state, node, i);
  if (!tensor) throw node.bad(`a constant as input ${i + 1}`, quote(node.inputs[i] ?? ''));
  if (!types.includes(tensor.dataType)) {
    const names = types.map(elementTypeName).join(' or ');
    throw node.bad(`${names} as input ${i + 1}`, elementTypeName(tensor.dataType));
  }
  return { ...constantOf(tensor, node.where, state.budget), type: tensor.dataType };
}

/** The scales of a node: finite numbers above 0. */
function scalesOf(state: GraphImport, node: OnnxNode, i: number): ArrayLike<number> {
  const { values, shape } = state.constant(node, i);
  const bad = Array.prototype.find.call(values, (value: number) => !(value > 0 && Number.isFinite(value)));
  if (bad !== undefined || values.length === 0 || shape.length > 1) {
    throw node.bad(
      `one scale above 0, or a list of them, as input ${i + 1}`,
      bad === undefined ? `shape [${shape.join(', ')}]` : `${bad}`,
    );
  }
  return values;
}

/** The scale and the zero of bytes that the net computes. */
export function gridOf(state: GraphImport, node: OnnxNode, scaleAt: number, zeroAt: number): Grid {
  const scales = scalesOf(state, node, scaleAt);
  const given = state.has(node, zeroAt) ? wholes(state, node, zeroAt, [uint8, int8]) : undefined;
  if (scales.length !== 1 || (given && given.values.length !== 1)) {
    throw node.bad('one scale and zero for all numbers that the net computes', `${scales.length}`);
  }
  const [scale, zero] = [Math.fround(scales[0]!), given?.values[0] ?? 0];
  if (!Number.isFinite(Math.fround(1 / scale))) throw node.bad('a scale whose reciprocal is a number', `${scale}`);
  return { scale, zero: given?.type === int8 ? zero + 128 : zero };
}

/** Constant bytes with their scales. */
export function wholeConstant(
  state: GraphImport,
  node: OnnxNode,
  [at, scaleAt, zeroAt]: readonly [at: number, scaleAt: number, zeroAt: number],
  axis: number,
): WholeConstant {
  const { shape, values } = wholes(state, node, at, [uint8, int8, int32]);
  const zeros = state.has(node, zeroAt) ? wholes(state, node, zeroAt, [uint8, int8, int32]).values : undefined;
  return withScales(node, { shape, values }, scalesOf(state, node, scaleAt), zeros, axis);
}

/** Numbers with scales and zeros that fit them. */
export function withScales(
  node: OnnxNode,
  { shape, values }: Pick<WholeConstant, 'shape' | 'values'>,
  scales: ArrayLike<number>,
  given: ArrayLike<number> | undefined,
  axis: number,
): WholeConstant {
  const place = axis < 0 ? axis + shape.length : axis;
  if (scales.length > 1 && scales.length !== shape[place]) {
    throw node.bad(`${shape[place] ?? 1} scales for axis ${axis}`, `${scales.length}`);
  }
  const zeros = given ?? new Int8Array(scales.length);
  if (zeros.length !== scales.length) throw node.bad(`${scales.length} zeros`, `${zeros.length}`);
  return { shape, values, scales: Float32Array.from(scales), zeros, axis: place };
}

/** The least and the greatest whole number of a zero's type, where there is a zero: else of uint8. */
export function limitsOf(state: GraphImport, node: OnnxNode, zeroAt: number): readonly [low: number, high: number] {
  const type = state.has(node, zeroAt) ? wholes(state, node, zeroAt, [uint8, int8]).type : uint8;
  return type === int8 ? [-128, 127] : [0, 255];
}

/** The zeros of a node that rounds constants. */
export const zerosOf = (state: GraphImport, node: OnnxNode, zeroAt: number): ArrayLike<number> | undefined =>
  state.has(node, zeroAt) ? wholes(state, node, zeroAt, [uint8, int8]).values : undefined;

export { scalesOf };
