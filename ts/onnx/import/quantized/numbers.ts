// @internal
import type { GraphImport } from '../graph-import.js';
import type { GraphValue, RowsValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { GraphOperator } from '../node-table.js';
import { bytesOf, type Grid } from './bytes.js';
import { gridOf, scalesOf, wholeConstant } from './reading.js';

/** Gives rows as bytes: they stay as they are until somebody reads the numbers of the bytes. */
export function setBytes(state: GraphImport, node: OnnxNode, value: RowsValue, grid: Grid): void {
  bytesOf(state).rows.set(node.outputs[0] ?? '', { value, grid });
  state.give(node, value);
}

/** Bytes that the net computes, with their own scale and zero. */
export function rowBytes(state: GraphImport, node: OnnxNode, i: number) {
  const found = bytesOf(state).rows.get(node.inputs[i] ?? '');
  if (!found) throw node.bad(`bytes that the net computes as input ${i + 1}`, 'other values');
  const { scale, zero } = gridOf(state, node, i + 1, i + 2);
  if (scale !== found.grid.scale || zero !== found.grid.zero) {
    const received = `${scale} and ${zero}`;
    throw node.bad(`the scale and the zero of the bytes, ${found.grid.scale} and ${found.grid.zero},`, received);
  }
  return found;
}

/** The numbers of an input of bytes: rows, or constants with their scales along an axis. */
export function numbersIn(state: GraphImport, node: OnnxNode, i: number, axis: number): GraphValue {
  const bytes = bytesOf(state);
  if (bytes.rows.has(node.inputs[i] ?? '')) return bytes.numbers(state, node, rowBytes(state, node, i));
  return bytes.numbersOf(state, wholeConstant(state, node, [i, i + 1, i + 2], axis));
}

/** A bias of 32 bits, whose scale is that of the products. */
export function biasIn(state: GraphImport, node: OnnxNode, i: number, factor = 1): GraphValue {
  const bytes = bytesOf(state);
  const scale = gridOf(state, node, 1, 2).scale * factor;
  const scales = Float32Array.from(scalesOf(state, node, 4), (one) => scale * one);
  // The scale of a bias is no input of its own, so that the zeros of the products' inputs do not belong to it.
  const lone = node.variant([node.inputs[i]!, node.inputs[4]!]);
  const { shape, values } = wholeConstant(state, lone, [0, 1, 2], -1);
  const whole = { shape, values, scales, zeros: new Int8Array(scales.length), axis: shape.length - 1 };
  return bytes.numbersOf(state, whole);
}

/**
 * Does what an operator does with numbers, where the model does it with bytes.
 * @param values - the numbers in place of its inputs
 * @param result - the input that is the scale of the result, in front of its zero; undefined for floats
 */
export function withNumbers(
  state: GraphImport,
  node: OnnxNode,
  operator: GraphOperator,
  values: readonly GraphValue[],
  result: number | undefined,
): void {
  const grid = result === undefined ? undefined : gridOf(state, node, result, result + 1);
  state.lend(values, (names) => {
    const variant = node.variant(names);
    operator(state, variant);
    for (const name of ['channels_last', 'opset']) variant.int(name, 0); // of the operators on bytes
    variant.requireAllRead();
  });
  if (!grid) return;
  const value = state.value(node.outputs[0] ?? '');
  if (value?.kind !== 'rows') throw node.bad('rows that the net computes', 'constants');
  setBytes(state, node, value, grid);
}
