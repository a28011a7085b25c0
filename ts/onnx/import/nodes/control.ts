import type { GraphImport } from '../graph-import.js';
import { kindOf } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';

/** If, whose condition is known when the model is read: what its branch does. */
function conditional(state: GraphImport, node: OnnxNode): void {
  const [then, otherwise] = [node.branch('then_branch'), node.branch('else_branch')];
  if (!then || !otherwise) throw node.bad('a then_branch and an else_branch', 'none');
  const value = state.indices(node, 0) ?? state.input(node, 0);
  const condition = value.kind === 'integers' && value.values.length === 1 ? value.values[0] : undefined;
  if (typeof condition !== 'number') throw node.bad('a condition that is known when the model is read', kindOf(value));
  const outputs = state.enter(node, condition !== 0 ? then : otherwise);
  if (outputs.length < node.outputs.length) throw node.bad(`${node.outputs.length} outputs`, `${outputs.length}`);
  for (const i of node.outputs.keys()) state.give(node, outputs[i]!, i);
}

export const controlNodes: Operators = { If: conditional };
