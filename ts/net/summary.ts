import type { LayerStack } from './layer-stack.js';

/**
 * A table of a net's layers: name, kind, output shape of a row, parameters, and the additions and multiplications that
 * one row takes forward.
 */
export function summarize(name: string, stack: LayerStack): string {
  const input = stack.layers[0]?.layer.inputShape;
  const shapes = input && stack.shapes(input);
  const counts = stack.layers.map(({ layer }) => layer.parameters.reduce((sum, { value }) => sum + value.size, 0));
  const flops = stack.layers.map(({ layer }, i) => (shapes ? layer.flopsPerRow(i === 0 ? input : shapes[i - 1]!) : 0));
  const rows = [
    ['layer', 'kind', 'output', 'parameters', 'FLOPs a row'],
    ...stack.layers.map(({ name: layerName, layer }, i) => [
      layerName,
      layer.kind,
      shapes ? shapes[i]!.join('×') : '?',
      counts[i]!.toLocaleString('en'),
      shapes ? flops[i]!.toLocaleString('en') : '?',
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(line(rows[0]!).length);
  const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
  const fixed = sumOf(
    stack.layers.flatMap(({ layer }) => layer.parameters.map(({ trainable, value }) => (trainable ? 0 : value.size))),
  );
  const total = [
    `${sumOf(counts).toLocaleString('en')} parameters`,
    ...(fixed > 0 ? [`${fixed.toLocaleString('en')} of them not trained`] : []),
    ...(shapes ? [`${sumOf(flops).toLocaleString('en')} FLOPs a row`] : []),
  ].join(', ');
  const title = input ? `${name} (rows of ${input.join('×')})` : name;
  return [title, rule, line(rows[0]!), rule, ...rows.slice(1).map(line), rule, total].join('\n');
}
