import type { TopLevelSpec } from 'vega-lite';
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { loadOptional, rethrow } from './optional.js';
import type { ChartSpecification } from './specification.js';
import { fontFamily, palette } from './theme.js';

/** A node of a net as `net.nodes` describes it. */
export interface NetChartNode {
  readonly name: string;
  readonly kind: string;
  /** The names of the nodes that it is computed from. */
  readonly inputs: readonly string[];
  /** The shape of one row, where it is known. */
  readonly rowShape?: readonly number[] | undefined;
  /** Numbers that the layer learns. */
  readonly parameters?: number | undefined;
}

/** Options of `netChart`. */
export interface NetChartOptions {
  readonly title?: string | undefined;
  /** Whether data flows down (default) or to the right. */
  readonly direction?: 'down' | 'right' | undefined;
}

/** Sizes in SVG units. */
const [lineHeight, padding, fontSize, characterWidth] = [18, 10, 13, 7.6];
const arrowLength = 7;

/**
 * Draws the graph of a net: a box for each input and layer with its name, its kind, the shape of its rows and the number
 * of its parameters, and an arrow for each connection. Draw or save the chart by `renderSvg` or `saveChart`.
 * @param net - a net, or anything with such `nodes`, in an order in which each comes after its inputs
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for what has no nodes, `ERR_NATIVE_LOAD` without the optional packages
 */
export async function netChart(
  net: { readonly nodes: readonly NetChartNode[] },
  options: NetChartOptions = {},
): Promise<ChartSpecification> {
  checkOptions(options, ['title', 'direction']);
  const { title, direction = 'down' } = options;
  const nodes: unknown = net?.nodes;
  if (!Array.isArray(nodes) || nodes.length === 0) throw badArgument('net', 'a net with at least one layer', net);
  const { boxes, edges, width, height } = await laidOut(nodes as NetChartNode[], direction === 'right');
  const place = (field: string) => ({ field, type: 'quantitative', scale: null, axis: null }) as const;
  return {
    width,
    height,
    ...(title === undefined ? {} : { title }),
    layer: [
      {
        data: {
          values: edges.flatMap(({ points }, edge) => points.map((point, order) => ({ ...point, edge, order }))),
        },
        mark: { type: 'line', stroke: '#888888', strokeWidth: 1.5, interpolate: 'monotone', clip: false },
        encoding: { x: place('x'), y: place('y'), detail: { field: 'edge' }, order: { field: 'order' } },
      },
      {
        data: { values: edges.map(({ head }) => head) },
        mark: { type: 'point', shape: 'triangle', filled: true, size: 60, opacity: 1, color: '#888888' },
        encoding: { x: place('x'), y: place('y'), angle: { field: 'angle', type: 'quantitative', scale: null } },
      },
      {
        data: { values: boxes },
        mark: { type: 'rect', cornerRadius: 4, strokeWidth: 1.5 },
        encoding: {
          ...{ x: place('left'), x2: { field: 'right' }, y: place('top'), y2: { field: 'bottom' } },
          fill: { field: 'fill', type: 'nominal', scale: null },
          stroke: { field: 'stroke', type: 'nominal', scale: null },
        },
      },
      {
        data: { values: boxes.flatMap(({ lines }) => lines) },
        mark: { type: 'text', font: fontFamily, fontSize },
        encoding: {
          ...{ x: place('x'), y: place('y'), text: { field: 'text' } },
          color: { field: 'color', type: 'nominal', scale: null },
        },
      },
    ],
  } satisfies TopLevelSpec;
}

/** Positions by layers, with few crossings (Gansner et al. 1993, as dagre has it). */
async function laidOut(nodes: readonly NetChartNode[], isRightward: boolean): Promise<Drawing> {
  const { Graph, layout } = await loadOptional('@dagrejs/dagre', () => import('@dagrejs/dagre').catch(rethrow));
  const graph = new Graph();
  graph.setGraph({ rankdir: isRightward ? 'LR' : 'TB', nodesep: 28, ranksep: 34, marginx: 2, marginy: 2 });
  graph.setDefaultEdgeLabel(() => ({}));
  const texts = new Map(nodes.map((node) => [node.name, linesOf(node)]));
  for (const { name, inputs } of nodes) {
    const lines = texts.get(name)!;
    const width = Math.max(...lines.map((line) => line.length)) * characterWidth + 2 * padding;
    graph.setNode(name, { width, height: lines.length * lineHeight + padding });
    for (const input of inputs) {
      if (!texts.has(input)) throw badArgument(`the inputs of '${name}'`, 'names of nodes', input);
      graph.setEdge(input, name);
    }
  }
  layout(graph);
  const boxes = nodes.map(({ name, inputs }) => boxOf(graph.node(name), texts.get(name)!, inputs.length === 0));
  const paths: readonly { readonly points?: readonly Place[] }[] = graph
    .edges()
    .map((edge: object) => graph.edge(edge));
  const edges = paths.map(({ points = [] }) => edgeOf(points));
  const places = [
    ...boxes.map(({ right, bottom }) => ({ x: right, y: bottom })),
    ...edges.flatMap(({ points }) => points),
  ];
  const [width, height] = [Math.max(...places.map(({ x }) => x)), Math.max(...places.map(({ y }) => y))];
  return { boxes, edges, width, height };
}

function linesOf({ name, kind, rowShape, parameters = 0 }: NetChartNode): string[] {
  const shape = rowShape && (rowShape.length === 0 ? '1' : rowShape.join(' × '));
  const count = parameters > 0 ? `${parameters.toLocaleString('en')} parameters` : undefined;
  return [name || 'input', ...[kind === name ? undefined : kind, shape, count].filter((line) => line !== undefined)];
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** A net's picture in SVG units. */
interface Drawing {
  readonly boxes: readonly ReturnType<typeof boxOf>[];
  readonly edges: readonly ReturnType<typeof edgeOf>[];
  readonly width: number;
  readonly height: number;
}

function boxOf(place: Place & { readonly width: number; readonly height: number }, lines: string[], isInput: boolean) {
  const { x, y, width, height } = place;
  const top = y - height / 2;
  return {
    ...{ left: x - width / 2, right: x + width / 2, top, bottom: y + height / 2 },
    fill: isInput ? '#fff4e0' : '#eaf3fa',
    stroke: isInput ? palette[5]! : palette[0]!,
    lines: lines.map((text, i) => ({
      ...{ text, x, y: top + padding / 2 + (i + 0.5) * lineHeight },
      color: i === 0 ? '#111111' : '#555555',
    })),
  };
}

/** A line that ends where the arrow's head begins. The angle is in degrees, clockwise from upwards. */
function edgeOf(points: readonly Place[]) {
  const [before, end] = [points.at(-2)!, points.at(-1)!];
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const back = arrowLength / 2 / length;
  const head = { x: end.x - back * (end.x - before.x), y: end.y - back * (end.y - before.y) };
  const angle = (Math.atan2(end.x - before.x, before.y - end.y) * 180) / Math.PI;
  return { points: [...points.slice(0, -1), head], head: { ...head, angle } };
}
