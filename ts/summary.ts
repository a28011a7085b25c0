import type { LayerStack } from './layer-stack.js';

/** A table of a net's layers: name, kind, output shape of a row, parameters. */
export function summarize(name: string, stack: LayerStack): string {
  const input = stack.layers[0]?.layer.inputShape;
  const shapes = input && stack.shapes(input);
  const counts = stack.layers.map(({ layer }) => layer.parameters.reduce((sum, { value }) => sum + value.size, 0));
  const rows = [
    ['layer', 'kind', 'output', 'parameters'],
    ...stack.layers.map(({ name: layerName, layer }, i) => [
      layerName,
      layer.kind,
      shapes ? shapes[i]!.join('×') : '?',
      counts[i]!.toLocaleString('en'),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(line(rows[0]!).length);
  const total = counts.reduce((sum, count) => sum + count, 0).toLocaleString('en');
  const fixed = stack.layers
    .flatMap(({ layer }) => layer.parameters)
    .reduce((sum, { trainable, value }) => sum + (trainable ? 0 : value.size), 0);
  const parameters = `${total} parameters${fixed > 0 ? `, ${fixed.toLocaleString('en')} of them not trained` : ''}`;
  const title = input ? `${name} (rows of ${input.join('×')})` : name;
  return [title, rule, line(rows[0]!), rule, ...rows.slice(1).map(line), rule, parameters].join('\n');
}
