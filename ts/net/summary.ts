import type { RowShape } from '../graph/node.js';
import { sizeOf } from '../tensor/tensor.js';
import type { LayerStack } from './layer-stack.js';
import { knownShapes } from './net-graph.js';

/** An input of a net, or a layer that is applied. */
export interface NetNode {
  readonly name: string;
  /** 'input', or the kind of the layer. */
  readonly kind: string;
  /** The names of the nodes that it is computed from. */
  readonly inputs: readonly string[];
  /** The shape of one row; undefined until it is known. */
  readonly rowShape: RowShape | undefined;
  /** Numbers in the layer's parameters, counted where it is applied first; undefined until they are known. */
  readonly parameters: number | undefined;
  /** Additions and multiplications for one row; undefined until the shapes are known. */
  readonly flops: number | undefined;
}

/** The inputs and applied layers of a net in order. */
export function nodesOf(stack: LayerStack): NetNode[] {
  const { inputs, steps } = stack;
  const known = steps.length > 0 ? knownShapes({ ...stack.parts, inputs }) : undefined;
  const shapes = known && [...known, ...stack.shapes(...known)];
  const names = [...inputs.map((input) => input.name || 'input'), ...steps.map(({ step }) => step)];
  const ofInputs = inputs.map(
    ({ rowShape }, i): NetNode => ({ name: names[i]!, kind: 'input', inputs: [], rowShape, parameters: 0, flops: 0 }),
  );
  const ofSteps = steps.map(({ step, layer, sources }, i): NetNode => {
    const isFirst = steps.findIndex((other) => other.layer === layer) === i;
    return {
      name: step,
      kind: layer.kind,
      inputs: sources.map((source) => names[source]!),
      rowShape: shapes?.[inputs.length + i],
      parameters: !layer.isBuilt ? undefined : isFirst ? parametersIn(layer) : 0,
      flops: shapes && layer.flopsPerRow(...sources.map((source) => shapes[source]!)),
    };
  });
  return [...ofInputs, ...ofSteps];
}

/**
 * A table of a net's layers: name, kind, output shape of a row, parameters, and the additions and multiplications that
 * one row takes forward. For nets that are no chain, also where the layers' inputs are from.
 */
export function summarize(name: string, stack: LayerStack): string {
  const { isChain, inputs } = stack;
  const nodes = nodesOf(stack);
  const areKnown = nodes.length > inputs.length && nodes.every(({ flops }) => flops !== undefined);
  const shown = isChain ? nodes.slice(inputs.length) : nodes;
  const rows = [
    ['layer', 'kind', ...(isChain ? [] : ['inputs']), 'output', 'parameters', 'FLOPs a row'],
    ...shown.map(({ kind, rowShape, parameters, flops, ...node }) => [
      node.name,
      kind,
      ...(isChain ? [] : [node.inputs.join(', ')]),
      textOf(rowShape),
      ...[parameters, flops].map((number) => (kind === 'input' ? '' : (number?.toLocaleString('en') ?? '?'))),
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
    `${sumOf(nodes.map(({ parameters = 0 }) => parameters)).toLocaleString('en')} parameters`,
    ...(fixed > 0 ? [`${fixed.toLocaleString('en')} of them not trained`] : []),
    ...(areKnown ? [`${sumOf(nodes.map(({ flops = 0 }) => flops)).toLocaleString('en')} FLOPs a row`] : []),
  ].join(', ');
  const row = nodes[0]?.rowShape;
  const title = isChain && areKnown && row ? `${name} (rows of ${textOf(row)})` : name;
  return [title, rule, line(rows[0]!), rule, ...rows.slice(1).map(line), rule, total].join('\n');
}

/** Numbers in a layer's parameters: of all, or of those that are trained or not. */
function parametersIn({ parameters }: LayerStack['layers'][number]['layer'], trained?: boolean): number {
  const counted = parameters.filter(({ isTrained }) => trained === undefined || isTrained === trained);
  return sumOf(counted.map(({ value }) => sizeOf(value.shape)));
}

function textOf(shape: RowShape | undefined): string {
  if (!shape) return '?';
  return shape.length === 0 ? '1' : shape.join('×');
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
