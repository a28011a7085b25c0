// @internal
// How single operators are computed on values whose rows are not the first dimension in the model.
import { ofEach, widened, withoutRows } from './aligned.js';
import { type Extent, holdsRows, timesOf } from './extents.js';
import type { GraphValue, IntegersValue } from './graph-values.js';
import { type Layout, netAxis, rowShapeFor } from './layout.js';
import type { OnnxNode } from './node.js';
import { type MovedRows, placeOf, squeezeMoved } from './nodes/moved-rows.js';

/** How a node is computed with the rows as first dimension. */
export interface Lift {
  /** The place of the rows in the model's outputs. */
  readonly layout: Layout;
  /** Inputs that replace those of the model, by their numbers; input 0 has the rows as first dimension. */
  readonly inputs?: Readonly<Record<number, GraphValue>>;
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
}

/** Tells how a node is computed; returns undefined where it has given the outputs itself. */
export type Rule = (moved: MovedRows) => Lift | undefined;

const rowsAxis = (node: OnnxNode, place: number) =>
  node.bad('a dimension that does not count the rows', `axis ${place}`);

/** The net's dimension for one of the model. @throws BlasnetError `ERR_BAD_FILE` for that of the rows */
function axisOf(moved: MovedRows, axis: number): number {
  const place = placeOf(moved, axis);
  if (place === moved.layout.at) throw rowsAxis(moved.node, place);
  return netAxis(moved.layout, place);
}

/** The same for an axis that means all dimensions from it on. */
function axisBehind(moved: MovedRows, axis: number): number {
  const place = placeOf(moved, axis);
  if (place <= moved.layout.at) throw rowsAxis(moved.node, moved.layout.at);
  return netAxis(moved.layout, place);
}

export const softmax: Rule = (moved) => {
  const { state, node, layout } = moved;
  const isOld = state.graph.opset < 13;
  const axis = (isOld ? axisBehind : axisOf)(moved, node.int('axis', isOld ? 1 : -1));
  return { layout, ints: { axis } };
};

export const norm: Rule = (moved) => {
  const { state, node, layout, extents } = moved;
  const axis = axisBehind(moved, node.int('axis', -1));
  const constants = [1, 2].flatMap((i): [number, GraphValue][] => {
    const value = state.has(node, i) ? state.input(node, i) : undefined;
    if (value?.kind !== 'constant') return [];
    const shape = [...Array.from({ length: extents.length - value.shape.length }, () => 1), ...value.shape];
    if (shape.length > extents.length || shape[layout.at] !== 1) {
      throw node.bad('a scale that broadcasts to the rows', `[${value.shape.join(', ')}]`);
    }
    return [[i, { ...value, shape: withoutRows(shape, layout, 1) }]];
  });
  return { layout, ints: { axis }, inputs: Object.fromEntries(constants) };
};

export const single: Rule = (moved) => ({
  layout: moved.layout,
  ints: { axis: axisOf(moved, moved.node.int('axis', -1)) },
});

export const reduction: Rule = (moved) => {
  const { state, node, layout } = moved;
  const given = state.listed(node, 'axes', 1) ?? [];
  if (given.length === 0) {
    if (node.int('noop_with_empty_axes', 0) === 0) throw rowsAxis(node, layout.at);
    return { layout };
  }
  const places = new Set(given.map((axis) => placeOf(moved, axis)));
  const axes = [...places].map((place) => axisOf(moved, place));
  const gone = node.int('keepdims', 1) !== 0 ? 0 : [...places].filter((place) => place < layout.at).length;
  return { layout: { ...layout, at: layout.at - gone }, ints: { axes } };
};

export const cumulative: Rule = (moved) => {
  const axis = axisOf(moved, moved.state.scalar(moved.node, 1) ?? 0);
  return { layout: moved.layout, inputs: { 1: listed([axis]) } };
};

const listed = (values: readonly Extent[]): IntegersValue => ({ kind: 'integers', shape: [values.length], values });

export const split: Rule = (moved) => ({
  layout: moved.layout,
  ints: { axis: axisOf(moved, moved.node.int('axis', 0)) },
});

export const slice: Rule = (moved) => {
  const { state, node, layout } = moved;
  const [starts, ends] = [state.listed(node, 'starts', 1), state.listed(node, 'ends', 2)];
  const axes = state.listed(node, 'axes', 3) ?? starts?.map((_, i) => i);
  const steps = state.has(node, 4) ? state.integers(node, 4) : starts?.map(() => 1);
  if ([ends, axes, steps].some((list) => !starts || list?.length !== starts.length)) {
    throw node.bad('as many starts, ends, axes and steps', 'others');
  }
  const isAll = (i: number) => starts![i] === 0 && ends![i]! >= 2 ** 31 - 1 && steps![i] === 1;
  const kept = [...starts!.keys()].filter((i) => placeOf(moved, axes![i]!) !== layout.at || !isAll(i));
  const of = (list: readonly number[]) => kept.map((i) => list[i]!);
  const ints = { starts: of(starts!), ends: of(ends!), axes: of(axes!).map((axis) => axisOf(moved, axis)) };
  return { layout, ints, inputs: { 4: listed(of(steps!)) } };
};

export const gather: Rule = (moved) => {
  const { state, node, layout, extents } = moved;
  const given = node.int('axis', 0);
  const place = placeOf(moved, given);
  const axis = axisOf(moved, given);
  const { shape } = state.lengths(node, 1);
  const indices = state.integers(node, 1);
  if (shape.length === 0 && extents[place] === 1 && (indices[0] === 0 || indices[0] === -1)) {
    squeezeMoved(moved, [place]);
    return undefined;
  }
  const at = place < layout.at ? layout.at - 1 + shape.length : layout.at;
  return { layout: { ...layout, at }, ints: { axis } };
};

export const tile: Rule = ({ state, node, layout, extents }) => {
  const repeats = state.integers(node, 1);
  if (repeats.length !== extents.length || repeats[layout.at] !== 1) {
    throw node.bad(`how often to repeat each of [${extents.join(', ')}]`, `[${repeats.slice(0, 9).join(', ')}]`);
  }
  return { layout, inputs: { 1: listed(ofEach(extents, layout, 1, (place) => repeats[place]!)) } };
};

/** Expand, which may add dimensions. */
export const expand: Rule = ({ state, node, value, layout, extents }) => {
  const target = state.lengths(node, 1).values;
  const rank = Math.max(target.length, extents.length);
  const ones = Array.from({ length: rank - extents.length }, () => 1);
  const at = layout.at + ones.length;
  const wanted: readonly Extent[] = [...Array.from({ length: rank - target.length }, () => 1), ...target];
  const own = extents[layout.at] as Exclude<Extent, number>;
  const isKept = [1, own, timesOf(own) * (state.fixedRows ?? Number.NaN)].includes(wanted[at]!);
  if (!isKept || rank > 8 || wanted.some((extent, i) => i !== at && holdsRows(extent))) {
    throw node.bad(`a shape that [${extents.join(', ')}] repeats to`, `[${target.join(', ')}]`);
  }
  const moved = { ...layout, at };
  const shape = ['rows' as const, ...rowShapeFor(wanted, moved)];
  return { layout: moved, inputs: { 0: widened(state, node, value, ones), 1: listed(shape) } };
};

/** The last two dimensions are matrices: the rows must be in front of them. */
export const matrices: Rule = ({ node, layout, extents }) => {
  if (layout.at >= extents.length - 2) throw rowsAxis(node, layout.at);
  return { layout };
};
