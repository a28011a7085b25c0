import { FlattenLayer, ReshapeLayer } from '../../../layers/index.js';
import { sizeOf } from '../../../tensor/tensor.js';
import { type Extent, productOf } from '../extents.js';
import type { GraphImport } from '../graph-import.js';
import type { GraphValue } from '../graph-values.js';
import { isPlain, reshapedLayout } from '../layout.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import type { Length } from '../recorder.js';
import { type MovedRows, movedRowsOf, reshapeMoved, squeezeMoved, unsqueezeMoved } from './moved-rows.js';
import { asRepeated, plainOf } from './repeated.js';

/** Gives the same numbers in another shape. */
function reshaped(state: GraphImport, node: OnnxNode, x: GraphValue, dims: readonly Length[]): void {
  if (x.kind === 'integers') {
    if (sizeOf(dims as readonly number[]) !== x.values.length) {
      throw node.bad(`a shape of ${x.values.length} numbers`, `[${dims.join(', ')}]`);
    }
    state.give(node, { ...x, shape: dims as readonly number[] });
    return;
  }
  if (x.kind === 'constant' || state.dims(x).join() === dims.join()) {
    state.operation(node, [x], (form, [value]) => form.reshape(value!, dims));
    return;
  }
  const isLed = state.batching === 'rows';
  if (isLed && dims[0] !== 'rows') throw node.bad('the rows as first dimension', `[${dims.join(', ')}]`);
  const row = (isLed ? dims.slice(1) : dims) as readonly number[];
  if (isLed && row.length > 0 && state.isView(x)) state.give(node, state.reshaped(node, x, row));
  else if (row.length === 1 && isLed) state.layer(node, new FlattenLayer(), [x]);
  else if (row.length === 0) state.operation(node, [x], ({ ops }, [value]) => ops.reshape(value!, ['rows']));
  else
    state.layer(
      node,
      node.naming(() => new ReshapeLayer(row)),
      [x],
    );
}

/** Reshape to a shape that may be computed. */
function reshape(state: GraphImport, node: OnnxNode): void {
  const keepsZeros = node.int('allowzero', 0) !== 0;
  const target = node.ints('shape') ?? state.lengths(node, 1).values;
  const moved = movedRowsOf(state, node) ?? movingOf(state, node, target, keepsZeros);
  if (moved) {
    const { extents } = moved;
    reshapeMoved(
      moved,
      target.map((length, i) => (length === 0 && !keepsZeros ? (extents[i] ?? 0) : length)),
    );
    return;
  }
  const x = state.input(node, 0);
  const from = state.dims(x);
  const size = sizeOf(from.filter((length) => length !== 'rows') as readonly number[]);
  const bad = () =>
    from[0] === 'rows'
      ? node.bad(`a shape of as many rows of ${size} numbers`, `[${target.join(', ')}]`)
      : node.bad(`a shape of ${size} numbers`, `[${target.join(', ')}]`);
  let dims = (target as readonly Length[]).map((length, i) => (length === 0 && !keepsZeros ? from[i] : length));
  if (dims.includes(undefined)) throw bad();
  if (from[0] === 'rows') {
    const fixed = state.fixedRows;
    const [first, ...row] = dims as Length[];
    const known = row.filter((length) => length !== -1) as number[];
    const isFull = sizeOf(known) === size && known.length === row.length;
    const isRows = first === 'rows' || first === fixed || (first === -1 && isFull);
    if (!isRows || row.includes('rows')) throw bad();
    dims = ['rows', ...row];
  }
  const lengths = dims.filter((length) => length !== 'rows') as number[];
  const rest = size / sizeOf(lengths.filter((length) => length !== -1));
  const full = dims.map((length) => (length === -1 ? rest : length)) as Length[];
  const numbers = full.filter((length) => length !== 'rows') as number[];
  const isShape = numbers.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (lengths.filter((length) => length === -1).length > 1 || !isShape || sizeOf(numbers) !== size) throw bad();
  reshaped(state, node, x, full);
}

/** Rows in front that a shape has elsewhere, or as a factor of a dimension. */
function movingOf(
  state: GraphImport,
  node: OnnxNode,
  target: readonly Extent[],
  keepsZeros: boolean,
): MovedRows | undefined {
  const moved = movedRowsOf(state, node, true);
  if (!moved) return undefined;
  const { extents, layout } = moved;
  const full = target.map((length, i) => (length === 0 && !keepsZeros ? (extents[i] ?? 0) : length));
  const found = reshapedLayout(extents, layout, full, state.fixedRows);
  return found && !isPlain(found.layout) ? moved : undefined;
}

/** Flatten to two dimensions: those in front of the axis as one, the others as one. */
function flatten(state: GraphImport, node: OnnxNode): void {
  const given = node.int('axis', 1);
  const rows = state.anyRows(node);
  const moved = movedRowsOf(state, node, rows && given !== 1 && given !== 1 - state.extents(rows).length);
  if (moved) {
    const { extents } = moved;
    const axis = given < 0 ? given + extents.length : given;
    if (axis < 0 || axis > extents.length) throw node.bad(`an axis of ${extents.length} dimensions`, `${given}`);
    reshapeMoved(moved, [productOf(extents.slice(0, axis)), productOf(extents.slice(axis))]);
    return;
  }
  const x = state.input(node, 0);
  const dims = state.dims(x);
  const axis = given < 0 ? given + dims.length : given;
  if (axis < 0 || axis > dims.length) throw node.bad(`an axis of ${dims.length} dimensions`, `${given}`);
  const [before, after] = [dims.slice(0, axis), dims.slice(axis)];
  if (dims[0] === 'rows' && axis !== 1) throw node.bad('axis = 1', `${given}`);
  const first: Length = dims[0] === 'rows' ? 'rows' : sizeOf(before as readonly number[]);
  reshaped(state, node, x, [first, sizeOf(after as readonly number[])]);
}

function squeeze(state: GraphImport, node: OnnxNode): void {
  const moved = movedRowsOf(state, node);
  if (moved) {
    squeezeMoved(moved, state.listed(node, 'axes', 1));
    return;
  }
  const repeated = state.repeatedConstant(node);
  const x = repeated ? plainOf(repeated) : state.input(node, 0);
  const dims = state.dims(x);
  const given = state.listed(node, 'axes', 1);
  const axes = given?.map((axis) => (axis < 0 ? axis + dims.length : axis));
  const isGone = (i: number) => (axes ? axes.includes(i) : dims[i] === 1);
  const isOne = axes?.every((axis) => dims[axis] === 1) ?? dims[0] !== 'rows';
  if (!isOne) {
    const received = given ? `axes [${given.join(', ')}]` : 'no axes';
    throw node.bad(`axes of length 1 in shape [${dims.join(', ')}]`, received);
  }
  reshaped(
    state,
    node,
    x,
    dims.filter((_, i) => !isGone(i)),
  );
  if (!repeated) return;
  if (isGone(repeated.rowsAt)) throw node.bad('axes that keep the rows', 'the axis of the rows');
  const before = dims.filter((_, i) => i < repeated.rowsAt && isGone(i)).length;
  asRepeated(state, node, repeated, repeated.rowsAt - before);
}

function unsqueeze(state: GraphImport, node: OnnxNode): void {
  const rows = state.anyRows(node);
  const wanted = state.listed(node, 'axes', 1);
  const full = rows ? state.extents(rows).length + (wanted?.length ?? 0) : 0;
  const moved = movedRowsOf(
    state,
    node,
    wanted?.some((axis) => axis === 0 || axis === -full),
  );
  if (moved && wanted) {
    unsqueezeMoved(moved, wanted);
    return;
  }
  const repeated = state.repeatedConstant(node);
  const x = repeated ? plainOf(repeated) : state.input(node, 0);
  const dims = state.dims(x);
  const given = state.listed(node, 'axes', 1) ?? [];
  const rank = dims.length + given.length;
  const places = new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
  const isWithin = [...places].every((place) => place >= 0 && place < rank);
  if (given.length === 0 || places.size < given.length || !isWithin || rank > 9) {
    throw node.bad(`axes of ${rank} dimensions`, `axes [${given.slice(0, 9).join(', ')}]`);
  }
  const rest = [...dims];
  reshaped(
    state,
    node,
    x,
    Array.from({ length: rank }, (_, i) => (places.has(i) ? 1 : rest.shift()!)),
  );
  if (!repeated) return;
  const kept = Array.from({ length: rank }, (_, i) => i).filter((i) => !places.has(i));
  asRepeated(state, node, repeated, kept[repeated.rowsAt]!);
}

export const shapeNodes: Operators = { Reshape: reshape, Flatten: flatten, Squeeze: squeeze, Unsqueeze: unsqueeze };
