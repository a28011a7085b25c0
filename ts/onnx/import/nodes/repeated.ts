// @internal
import type { ConstantValue } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';

/** A constant of any number of rows as one of a single row. */
export function plainOf({ kind, shape, values, isFloat, isWeight = false }: ConstantValue): ConstantValue {
  return { kind, shape, values, isFloat, isWeight };
}

/** Makes a dimension of length 1 of a node's output stand for any number of rows. */
export function asRepeated(state: GraphImport, node: OnnxNode, rowsAt: number): void {
  const value = state.value(node.outputs[0] ?? '');
  if (value?.kind === 'constant') state.give(node, { ...value, rowsAt });
}
