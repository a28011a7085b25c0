// @internal
import { elementTypes } from '../messages.js';
import type { Graph, GraphInput } from './graph.js';

/** Operators that move the numbers of their first input, and change none. */
const movements = new Set(['Identity', 'Unsqueeze', 'Squeeze', 'Reshape', 'Flatten', 'Transpose', 'Expand', 'Slice']);

/**
 * Whether a model does nothing with the whole numbers of an input but cast them to floats, as with a mask of 0 and 1: then they are
 * floats of the net from the start.
 */
export function areCastToFloats({ uses, outputs }: Graph, { name, dtype }: GraphInput): boolean {
  if (dtype !== 'int32') return false;
  const open = [name];
  const seen = new Set(open);
  let isCast = false;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (outputs.includes(value)) return false;
    for (const node of uses.get(value) ?? []) {
      const type = node.operator === 'Cast' ? node.int('to', 0) : undefined;
      if (type === elementTypes.float32 || type === elementTypes.float64) isCast = true;
      else if (node.operator === 'Shape') continue;
      else if (!movements.has(node.operator) || node.inputs.indexOf(value, 1) >= 0) return false;
      else {
        const found = node.outputs.filter((output) => !seen.has(output));
        for (const output of found) seen.add(output);
        open.push(...found);
      }
    }
  }
  return isCast;
}
