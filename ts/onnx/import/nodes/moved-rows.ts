// @internal
import type { Value } from '../../../ops/value.js';
import { sizeOf } from '../../../tensor/tensor.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';
import type { Length, RowOps } from '../recorder.js';

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
  moved: MovedRows,
  given: number,
  indices: readonly number[],
  shape: readonly number[],
): void {
  const { rowsAt, place, axis, length, give } = moved;
  const at = place(given);
  const from = axis(at);
  if (shape.length === 0 && length(at) === 1 && (indices[0] === 0 || indices[0] === -1)) {
    squeezeMoved(moved, [at]);
    return;
  }
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

/** Values one behind the other, whose rows all stand in the same dimension. */
export function concatMoved({ state, node, rowsAt, place, axis }: MovedRows, given: number): void {
  const values = node.inputs.map((_, i) => state.movedRows(node, i));
  const at = axis(place(given));
  const shapes = values.map((value) => value?.node.rowShape.toSpliced(at - 1, 1).join());
  if (values.some((value, i) => value?.rowsAt !== rowsAt || shapes[i] !== shapes[0])) {
    const received = node.inputs.map((_, i) => `[${state.dims(state.anyInput(node, i)).join(', ')}]`);
    throw node.bad('values that differ in one dimension, not that of the rows', received.join(' and '));
  }
  const plain = values.map((value) => ({ kind: 'rows', node: value!.node }) as const);
  const result = state.operation(node, plain, ({ ops }, operands) => ops.concatenate(operands, at));
  if (result.kind === 'rows') state.give(node, { ...result, rowsAt });
}

/** Dimensions of length 1 go. */
export function squeezeMoved(moved: MovedRows, axes: readonly number[]): void {
  const { node, rowsAt, rank, place, length } = moved;
  const gone = new Set(axes.map((one) => place(one)));
  for (const at of gone) if (length(at) !== 1) throw node.bad('axes of length 1', `axis ${at}`);
  const rest = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== rowsAt && !gone.has(i));
  const before = [...gone].filter((at) => at < rowsAt).length;
  giveReshaped(
    moved,
    rowsAt - before,
    rest.map((i) => length(i)),
  );
}

/** Dimensions of length 1 come. */
export function unsqueezeMoved(moved: MovedRows, axes: readonly number[]): void {
  const { node, rank, rowsAt, length } = moved;
  const full = rank + axes.length;
  const places = new Set(axes.map((axis) => (axis < 0 ? axis + full : axis)));
  if (places.size < axes.length || [...places].some((place) => !(place >= 0 && place < full)) || full > 9) {
    throw node.bad(`axes of ${full} dimensions`, `axes [${axes.slice(0, 9).join(', ')}]`);
  }
  const old = Array.from({ length: rank }, (_, i) => i);
  const dims = Array.from({ length: full }, (_, i): Length => {
    if (places.has(i)) return 1;
    const at = old.shift()!;
    return at === rowsAt ? 'rows' : length(at);
  });
  giveDims(moved, dims);
}

/** Another shape, which keeps the rows apart: as many numbers stand in front of them as before, and as many behind. */
export function reshapeMoved(moved: MovedRows, target: readonly Length[]): void {
  const { state, node, rank, rowsAt, length } = moved;
  const from = Array.from({ length: rank }, (_, i): Length => (i === rowsAt ? 'rows' : length(i)));
  const fixed = state.graph.inputs.find(({ shape }) => shape?.[0] !== undefined)?.shape?.[0];
  const size = sizeOf(from.filter((one) => one !== 'rows') as number[]);
  const front = sizeOf(from.slice(0, rowsAt) as number[]);
  const asRows = (list: readonly Length[]) => {
    if (list.includes('rows')) return list;
    const known = sizeOf(list.filter((one) => one !== -1) as number[]);
    if (list.includes(-1) && known === size) return list.map((one) => (one === -1 ? 'rows' : one));
    const place = list.findIndex((one, i) => one === fixed && sizeOf(list.slice(0, i) as number[]) === front);
    return place < 0 ? list : list.with(place, 'rows');
  };
  const dims = asRows(target);
  const rest = size / sizeOf(dims.filter((one) => one !== 'rows' && one !== -1) as number[]);
  const full = dims.map((one) => (one === -1 ? rest : one));
  const place = full.indexOf('rows');
  const numbers = full.filter((one) => one !== 'rows') as number[];
  const isShape = numbers.every((one) => Number.isSafeInteger(one) && one > 0) && numbers.length === full.length - 1;
  if (!isShape || sizeOf(full.slice(0, place) as number[]) !== front || sizeOf(numbers) !== size) {
    throw node.bad(`a shape that keeps the rows of [${from.join(', ')}] apart`, `[${target.join(', ')}]`);
  }
  giveDims(moved, full);
}

function giveDims(moved: MovedRows, dims: readonly Length[]): void {
  giveReshaped(moved, dims.indexOf('rows'), dims.filter((one) => one !== 'rows') as number[]);
}

function giveReshaped({ state, node }: MovedRows, rowsAt: number, rowShape: readonly number[]): void {
  const { rowsAt: _, ...plain } = state.movedRows(node)!;
  const result = rowShape.length === 0 ? undefined : state.reshaped(node, plain, rowShape);
  if (!result) throw node.bad('rows of one dimension or more', 'rows of none');
  state.give(node, rowsAt > 0 ? { ...result, rowsAt } : result);
}
