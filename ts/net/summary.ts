import { sizeOf } from '../tensor.js';
import type { LayerStack } from './layer-stack.js';
import { knownShapes } from './net-graph.js';

/**
 * A table of a net's layers: name, kind, output shape of a row, parameters, and the additions and multiplications that
 * one row takes forward. For nets that are no chain, also where the layers' inputs are from.
 */
export function summarize(name: string, stack: LayerStack): string {
  const { inputs, steps, isChain } = stack;
  const known = steps.length > 0 ? knownShapes({ ...stack.parts, inputs }) : undefined;
  const shapes = known && [...known, ...stack.shapes(...known)];
  const names = [...inputs.map((input) => input.name || 'input'), ...steps.map(({ step }) => step)];
  const isFirst = steps.map(({ layer }, i) => steps.findIndex((step) => step.layer === layer) === i);
  const counts = steps.map(({ layer }, i) => (!layer.isBuilt ? undefined : isFirst[i] ? parametersIn(layer) : 0));
  const flops = steps.map(({ layer, sources }) =>
    shapes ? layer.flopsPerRow(...sources.map((source) => shapes[source]!)) : 0,
  );
  const rows = [
    ['layer', 'kind', ...(isChain ? [] : ['inputs']), 'output', 'parameters', 'FLOPs a row'],
    ...(isChain ? [] : inputs.map((input, i) => [names[i]!, 'input', '', textOf(input.rowShape), '', ''])),
    ...steps.map(({ step, layer, sources }, i) => [
      step,
      layer.kind,
      ...(isChain ? [] : [sources.map((source) => names[source]).join(', ')]),
      textOf(shapes?.[inputs.length + i]),
      counts[i]?.toLocaleString('en') ?? '?',
      shapes ? flops[i]!.toLocaleString('en') : '?',
    ]),
  ];
  const words = isChain ? 2 : 3;
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column < words ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(line(rows[0]!).length);
  const fixed = sumOf(stack.layers.map(({ layer }) => (layer.isBuilt ? parametersIn(layer, false) : 0)));
  const total = [
    `${sumOf(counts.map((count = 0) => count)).toLocaleString('en')} parameters`,
    ...(fixed > 0 ? [`${fixed.toLocaleString('en')} of them not trained`] : []),
    ...(shapes ? [`${sumOf(flops).toLocaleString('en')} FLOPs a row`] : []),
  ].join(', ');
  const title = isChain && known?.[0] ? `${name} (rows of ${textOf(known[0])})` : name;
  return [title, rule, line(rows[0]!), rule, ...rows.slice(1).map(line), rule, total].join('\n');
}

/** Numbers in a layer's parameters: of all, or of those that are trained or not. */
function parametersIn({ parameters }: LayerStack['layers'][number]['layer'], trained?: boolean): number {
  const counted = parameters.filter(({ trainable }) => trained === undefined || trainable === trained);
  return sumOf(counted.map(({ value }) => sizeOf(value.shape)));
}

function textOf(shape: readonly number[] | undefined): string {
  if (!shape) return '?';
  return shape.length === 0 ? '1' : shape.join('×');
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
