// @internal

import { membersOf } from '../layers/block.js';
import { AddLayer, type Layer, ResidualLayer, SequentialLayer } from '../layers/index.js';
import type { GraphParts, GraphStep } from '../net/net-graph.js';
import { reasonToStay } from './layers.js';

/** A graph with the row shapes of its values: inputs, then steps. */
export interface ShapedGraph {
  readonly parts: GraphParts;
  readonly rowShapes: readonly (readonly number[])[];
}

/** The layers of a block one behind the other, and those beside them whose result is added. */
function waysOf(layer: Layer, name: string) {
  const own = (layers: readonly Layer[], prefix = '') => membersOf(layers, 'layers', `${name}.${prefix}`);
  if (layer.constructor === SequentialLayer) return { through: own((layer as SequentialLayer).layers) };
  if (layer.constructor !== ResidualLayer) return undefined;
  const { layers, shortcut } = layer as ResidualLayer;
  return { through: own(layers), beside: shortcut.length > 0 ? own(shortcut, 'shortcut.') : [] };
}

/** Whether a block has a layer that can have int8 weights. */
function isOpened(layer: Layer, name: string, exclude: readonly string[]): boolean {
  if (exclude.includes(name)) return false;
  const ways = waysOf(layer, name);
  const members = [...(ways?.through ?? []), ...(ways?.beside ?? [])];
  return members.some((one) => {
    if (waysOf(one.layer, one.name)) return isOpened(one.layer, one.name, exclude);
    return !exclude.includes(one.name) && reasonToStay(one.layer) === undefined;
  });
}

/** The names of all layers, with those in blocks. */
export function namesWithin(layers: readonly { readonly name: string; readonly layer: Layer }[]): string[] {
  return layers.flatMap(({ name, layer }) => {
    const { through = [], beside = [] } = waysOf(layer, name) ?? {};
    return [name, ...namesWithin([...through, ...beside])];
  });
}

/**
 * The same graph with the layers of blocks as layers of their own, where a block has one that can have int8 weights. They are called
 * `<block>.<layer>`; the sum of a `ResidualLayer` has the name of the block.
 */
export function withOpenBlocks({ parts, rowShapes }: ShapedGraph, exclude: readonly string[]): ShapedGraph {
  const count = parts.inputs.length;
  const steps: GraphStep[] = [];
  const shapes = rowShapes.slice(0, count);
  const add = (step: GraphStep): number => {
    shapes.push(step.layer.outputShape(...step.sources.map((source) => shapes[source]!)));
    return count + steps.push(step) - 1;
  };
  /** The sums of blocks: a block that is applied several times has one. */
  const sums = new Map<Layer, Layer>();
  const place = ({ layer, name, step, sources }: GraphStep): number => {
    const ways = isOpened(layer, name, exclude) ? waysOf(layer, name) : undefined;
    if (!ways) return add({ layer, name, step, sources });
    const along = (members: readonly { readonly name: string; readonly layer: Layer }[]) =>
      members.reduce((from, one) => [place({ ...one, step: one.name.replace(name, step), sources: from })], sources);
    const result = along(ways.through);
    if (!ways.beside) return result[0]!;
    const sum = sums.get(layer) ?? new AddLayer();
    sums.set(layer, sum);
    return add({ layer: sum, name, step, sources: [...result, ...along(ways.beside)] });
  };
  const values = parts.inputs.map((_, i) => i);
  for (const step of parts.steps) {
    values.push(place({ ...step, sources: step.sources.map((source) => values[source]!) }));
  }
  const outputs = parts.outputs.map((output) => ({ ...output, value: values[output.value]! }));
  return { parts: { ...parts, steps, outputs }, rowShapes: shapes };
}
