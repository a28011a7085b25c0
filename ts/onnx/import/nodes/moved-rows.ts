// @internal
import { type Extent, holdsRows } from '../extents.js';
import type { GraphImport } from '../graph-import.js';
import { kindOf, type RowsValue } from '../graph-values.js';
import { factorsOf, type Layout, layoutOf, netAxis, reshapedLayout, rowShapeFor, withoutLayout } from '../layout.js';
import type { OnnxNode } from '../node.js';

/** Rows in any dimension of the model, with what the operators that move dimensions need. */
export interface MovedRows {
  readonly state: GraphImport;
  readonly node: OnnxNode;
  readonly value: RowsValue;
  /** The model's dimensions. */
  readonly extents: readonly Extent[];
  readonly layout: Layout;
}

/**
 * The node's first input where it is rows: of whole numbers, too, which cannot be computed with.
 * @param isMoving - whether the result has the rows elsewhere; without it, rows in front of an operator's input are undefined
 */
export function movedRowsOf(state: GraphImport, node: OnnxNode, isMoving = false): MovedRows | undefined {
  const value = state.anyRows(node) ?? (state.batching === 'rows' ? state.indices(node, 0) : undefined);
  if (!value || (value.layout === undefined && !isMoving && !value.isIndex)) return undefined;
  return { state, node, value, extents: state.extents(value), layout: layoutOf(value) };
}

/** A dimension of the model from 0. @throws BlasnetError `ERR_BAD_FILE` for one that there is not */
export function placeOf({ node, extents: { length } }: MovedRows, axis: number): number {
  const place = axis < 0 ? axis + length : axis;
  if (!(place >= 0 && place < length)) throw node.bad(`an axis of ${length} dimensions`, `${axis}`);
  return place;
}

/** Transpose: the rows move with the others. */
export function transposeMoved(moved: MovedRows, order: readonly number[]): void {
  const { state, node, value, layout } = moved;
  const axes = order.flatMap((place) =>
    place === layout.at
      ? Array.from({ length: factorsOf(layout) }, (_, i) => layout.at + 1 + i)
      : [netAxis(layout, place)],
  );
  const isSame = axes.every((axis, i) => axis === i + 1);
  if (!isSame && value.isIndex) throw node.bad('floats as input 1', kindOf(value));
  const turned = isSame
    ? withoutLayout(value)
    : state.between(node, [withoutLayout(value)], ({ ops }, [x]) => ops.transpose(x!, [0, ...axes]));
  const result = value.isTruth && !value.isIndex ? { ...turned, isTruth: true } : turned;
  state.giveLaidOut(node, result, { ...layout, at: order.indexOf(layout.at) });
}

/** Dimensions of length 1 go. */
export function squeezeMoved(moved: MovedRows, axes: readonly number[] | undefined): void {
  const { node, extents, layout } = moved;
  if (!axes) throw node.bad(`axes of length 1 in shape [${extents.join(', ')}]`, 'no axes');
  const places = axes.map((axis) => placeOf(moved, axis));
  const gone = new Set(places);
  for (const place of gone) {
    if (extents[place] !== 1) {
      throw node.bad(`axes of length 1 in shape [${extents.join(', ')}]`, `axes [${places.join(', ')}]`);
    }
  }
  const before = [...gone].filter((place) => place < layout.at).length;
  giveReshaped(
    moved,
    extents.filter((_, i) => !gone.has(i)),
    { ...layout, at: layout.at - before },
  );
}

/** Dimensions of length 1 come. */
export function unsqueezeMoved(moved: MovedRows, axes: readonly number[]): void {
  const { node, extents, layout } = moved;
  const full = extents.length + axes.length;
  const places = new Set(axes.map((axis) => (axis < 0 ? axis + full : axis)));
  if (places.size < axes.length || [...places].some((place) => !(place >= 0 && place < full)) || full > 9) {
    throw node.bad(`axes of ${full} dimensions`, `axes [${axes.slice(0, 9).join(', ')}]`);
  }
  const rest = [...extents];
  const dims = Array.from({ length: full }, (_, i): Extent => (places.has(i) ? 1 : rest.shift()!));
  giveReshaped(moved, dims, { ...layout, at: dims.findIndex(holdsRows) });
}

/** Another shape, in which the rows may have become a factor of a dimension, or stopped being one. */
export function reshapeMoved(moved: MovedRows, target: readonly Extent[]): void {
  const { state, node, extents, layout } = moved;
  const found = reshapedLayout(extents, layout, target, state.fixedRows);
  if (!found) throw node.bad(`a shape that keeps the rows of [${extents.join(', ')}] apart`, `[${target.join(', ')}]`);
  giveReshaped(moved, found.extents, found.layout);
}

function giveReshaped({ state, node, value }: MovedRows, extents: readonly Extent[], layout: Layout): void {
  const rowShape = rowShapeFor(extents, layout);
  const plain = withoutLayout(value);
  if (rowShape.join() === value.node.rowShape.join()) {
    state.giveLaidOut(node, plain, layout);
    return;
  }
  if (value.isIndex) throw node.bad('floats as input 1', kindOf(value));
  const result =
    rowShape.length === 0
      ? state.between(node, [plain], ({ ops }, [x]) => ops.reshape(x!, ['rows']))
      : state.reshaped(node, plain, rowShape);
  state.giveLaidOut(node, value.isTruth ? { ...result, isTruth: true } : result, layout);
}
