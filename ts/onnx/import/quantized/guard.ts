// @internal
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';
import type { GraphOperator } from '../node-table.js';
import { bytesOf } from './bytes.js';

/** Operators that read bytes, each in its own way. */
const readers = new Set(['QuantizeLinear', 'DequantizeLinear', 'QLinearConv', 'QLinearMatMul']);

/** Operators that only move numbers, or choose among them: it makes no difference whether the numbers are rounded before or after. */
const movers = new Set([
  ...['Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Identity', 'Slice', 'Split', 'Expand', 'Tile'],
  ...['MaxPool', 'GlobalMaxPool', 'DepthToSpace', 'SpaceToDepth', 'Shape', 'Size'],
]);
const isOfShape = new Set(['Shape', 'Size']);

/**
 * An operator among bytes: those that move numbers take bytes, too, and move numbers before they are rounded; so a layer behind
 * them that rounds its input need not have it rounded twice. All others want floats.
 */
export function amongBytes(name: string, operator: GraphOperator): GraphOperator {
  if (readers.has(name)) return operator;
  return (state, node) => {
    const bytes = bytesOf(state);
    const isMover = movers.has(name);
    const bad = node.inputs.findIndex((input, i) => bytes.has(input) && !(isMover && i === 0 && bytes.rows.has(input)));
    if (bad >= 0) throw node.bad(`floats as input ${bad + 1}`, 'whole numbers of 8 bits');
    if (!isMover || isOfShape.has(name)) operator(state, node);
    else if (bytes.rows.has(node.inputs[0] ?? '')) moveBytes(state, node, operator);
    else moveRounded(state, node, operator);
  };
}

/** Moves bytes; the results are bytes. */
function moveBytes(state: GraphImport, node: OnnxNode, operator: GraphOperator): void {
  const bytes = bytesOf(state);
  const { grid } = bytes.rows.get(node.inputs[0]!)!;
  operator(state, node);
  for (const name of node.outputs) {
    const value = state.value(name);
    if (value?.kind === 'rows') bytes.rows.set(name, { value, grid });
  }
}

/** Moves the numbers of bytes: those before they are rounded, and rounds the results. */
function moveRounded(state: GraphImport, node: OnnxNode, operator: GraphOperator): void {
  const bytes = bytesOf(state);
  const value = state.value(node.inputs[0] ?? '');
  const found = value?.kind === 'rows' ? bytes.unrounded(value) : undefined;
  if (!found) {
    operator(state, node);
    return;
  }
  state.lend([found.value], ([name]) => {
    const variant = node.variant([name!, ...node.inputs.slice(1)]);
    operator(state, variant);
    variant.requireAllRead();
  });
  for (const [i, name] of node.outputs.entries()) {
    const moved = state.value(name);
    if (moved?.kind === 'rows') state.give(node, bytes.numbers(state, node, { value: moved, grid: found.grid }), i);
  }
}
