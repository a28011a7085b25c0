import type { GraphParts } from './net-graph.js';

/**
 * Returns the values of a graph that a stream takes or computes once for a sequence, while the others come step by step: those
 * that outputs depend on only by way of inputs which layers may be given whole, as the sequence that a decoder looks at. Values
 * are counted: first the inputs, then the steps' results.
 */
export function wholeValues({ inputs, steps, outputs }: GraphParts): ReadonlySet<number> {
  const stepped = new Set(outputs.map(({ value }) => value));
  let known = 0;
  while (stepped.size > known) {
    known = stepped.size;
    for (const [i, { layer, sources }] of [...steps.entries()].reverse()) {
      const value = inputs.length + i;
      // What depends on a step changes with it.
      if (sources.some((source) => stepped.has(source))) stepped.add(value);
      if (!stepped.has(value)) continue;
      for (const [input, source] of sources.entries()) if (!layer.wholeInputs.includes(input)) stepped.add(source);
    }
  }
  const all = Array.from({ length: inputs.length + steps.length }, (_, value) => value);
  return new Set(all.filter((value) => !stepped.has(value)));
}
