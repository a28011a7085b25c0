// @internal
import type { Value } from '../../../ops/value.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';
import type { RowOps } from '../recorder.js';

/** A value of which the model counts the rows along any dimension. In the net they are the first one. */
export interface MovedRows {
  readonly state: GraphImport;
  readonly node: OnnxNode;
  /** The model's dimensions. */
  readonly rank: number;
  readonly rowsAt: number;
  /** A dimension of the model, which may be negative, from 0. */
  place(axis: number): number;
  /** The dimension of the operations for one of the model. @throws BlasnetError `ERR_BAD_FILE` for that of the rows */
  axis(place: number): number;
  /** The length of a dimension that does not count the rows. */
  length(place: number): number;
  /** Gives a result whose rows are along that dimension in the model. */
  give(rowsAt: number, compose: (ops: RowOps, x: Value) => Value, output?: number): void;
}

/** The node's first input where its rows are, or will be, along another dimension than the first; else undefined. */
export function movedRowsOf(state: GraphImport, node: OnnxNode, isMoving = false): MovedRows | undefined {
  const value = state.movedRows(node);
  if (!value || (value.rowsAt === 0 && !isMoving)) return undefined;
  const { rowsAt } = value;
  const dims = state.dims(value);
  const place = (axis: number) => {
    const found = axis < 0 ? axis + dims.length : axis;
    if (!(found >= 0 && found < dims.length)) throw node.bad(`an axis of ${dims.length} dimensions`, `${axis}`);
    return found;
  };
  const length = (at: number) => {
    const found = dims[at];
    if (typeof found !== 'number') throw node.bad('a dimension that does not count the rows', `axis ${at}`);
    return found;
  };
  return {
    state,
    node,
    rank: dims.length,
    rowsAt,
    place,
    length,
    axis: (at) => {
      length(at);
      return at < rowsAt ? at + 1 : at;
    },
    give: (moved, compose, output = 0) => {
      const { rowsAt: _, ...plain } = value;
      const result = state.operation(node, [plain], ({ ops }, [x]) => compose(ops, x!), { output });
      if (result.kind === 'rows' && moved > 0) state.give(node, { ...result, rowsAt: moved }, output);
    },
  };
}

/** Transpose: the rows move with the others. */
export function transposeMoved({ rowsAt, axis, give }: MovedRows, order: readonly number[]): void {
  const others = order.filter((place) => place !== rowsAt).map((place) => axis(place));
  const isSame = others.every((place, i) => place === i + 1);
  give(order.indexOf(rowsAt), (ops, x) => (isSame ? x : ops.transpose(x, [0, ...others])));
}

/** Gather of known places of a dimension. */
export function gatherMoved(
  { rowsAt, place, axis, give }: MovedRows,
  given: number,
  indices: readonly number[],
  shape: readonly number[],
): void {
  const at = place(given);
  const from = axis(at);
  give(at < rowsAt ? rowsAt - 1 + shape.length : rowsAt, (ops, x) => {
    const y = ops.gather(x, indices, from);
    const target = x.shape.toSpliced(from, 1, ...shape).slice(1);
    return shape.length === 1 ? y : ops.reshape(y, ['rows', ...target]);
  });
}

/** Parts of dimensions. */
export function sliceMoved(
  { rowsAt, rank, place, axis, length, give }: MovedRows,
  cuts: readonly { readonly axis: number; readonly from: number; readonly to: number; readonly step: number }[],
  output = 0,
): void {
  const ranges: ({ from: number; to: number; step: number } | null)[] = Array.from({ length: rank }, () => null);
  for (const { axis: given, from, to, step } of cuts) {
    const at = place(given);
    length(at);
    ranges[axis(at)] = { from, to, step };
  }
  give(rowsAt, (ops, x) => ops.slice(x, ...ranges), output);
}

/** Dimensions of length 1 go. */
export function squeezeMoved({ node, rowsAt, rank, place, length, give }: MovedRows, axes: readonly number[]): void {
  const gone = new Set(axes.map((one) => place(one)));
  for (const at of gone) if (length(at) !== 1) throw node.bad('axes of length 1', `axis ${at}`);
  const rest = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== rowsAt && !gone.has(i));
  const before = [...gone].filter((at) => at < rowsAt).length;
  give(rowsAt - before, (ops, x) => ops.reshape(x, ['rows', ...rest.map((i) => length(i))]));
}
