// @internal
import type { Graph } from '../graph.js';

const rounding = new Set(['QuantizeLinear', 'DequantizeLinear']);

/** Whether a value is the only output of a model, or becomes it by rounding to bytes. */
export function isEnd({ outputs, uses }: Graph, name: string | undefined): boolean {
  if (outputs.length !== 1) return false;
  let end = name;
  for (let i = 0; i < rounding.size && end !== outputs[0]; i++) {
    const [user, ...others] = uses.get(end ?? '') ?? [];
    if (!user || others.length > 0 || !rounding.has(user.operator)) return false;
    end = user.outputs[0];
  }
  return end === outputs[0];
}
