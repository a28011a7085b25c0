import { shortestDecimal } from '../../../core/number-formats.js';
import { DropoutLayer } from '../../../layers/index.js';
import { sizeOf } from '../../../tensor/tensor.js';
import { elementTypeName, elementTypes } from '../../messages.js';
import { type Compose, floatsOf, integersOf } from '../compose.js';
import { constantOf } from '../constant.js';
import { holdsRows, productOf, timesOf } from '../extents.js';
import type { GraphImport } from '../graph-import.js';
import type { GraphValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';

/** Limit on the numbers that a node makes of nothing. */
const mostNumbers = 2 ** 24;

const { float16, float32, float64, int32, int64, bool } = elementTypes;

/** Constant, in any of the attributes that may hold its value. */
function constant(state: GraphImport, node: OnnxNode): void {
  const tensor = node.tensor('value');
  if (tensor) {
    const value = constantOf(tensor, node.where, state.budget, { mostIntegers: 2 ** 20 });
    state.give(node, value.isFloat ? value : integersOf(value, tensor.dataType));
    return;
  }
  const float = node.has('value_float') ? [node.float('value_float', 0)] : node.floats('value_floats');
  const integers = node.has('value_int') ? [node.int('value_int', 0)] : node.ints('value_ints');
  const isScalar = node.has('value_float') || node.has('value_int');
  const values = float ?? integers;
  if (!values) throw node.bad('a tensor or numbers', 'none');
  const shape = isScalar ? [] : [values.length];
  state.give(node, float ? { kind: 'constant', shape, values, isFloat: true } : { kind: 'integers', shape, values });
}

/** ConstantOfShape: one number, as often as the shape says. */
function constantOfShape(state: GraphImport, node: OnnxNode): void {
  const lengths = state.lengths(node, 0).values;
  const tensor = node.tensor('value');
  const value = tensor ? constantOf(tensor, node.where, state.budget) : undefined;
  if (value && value.values.length !== 1) throw node.bad('one number', `${value.values.length}`);
  const rowsAt = lengths.findIndex(holdsRows);
  const isFloat = value?.isFloat ?? true;
  const rows = lengths.filter(holdsRows);
  const rowsTimes = rows[0] === undefined ? 1 : timesOf(rows[0]);
  if (rows.length > 1 || (rowsTimes > 1 && !isFloat))
    throw node.bad('a shape that is known', `[${lengths.join(', ')}]`);
  const shape = lengths.map((length) => (holdsRows(length) ? 1 : length));
  const size = sizeOf(shape);
  if (shape.some((length) => length < 0) || !(size <= mostNumbers)) {
    throw node.bad(`at most ${mostNumbers} numbers`, `shape [${shape.join(', ')}]`);
  }
  state.budget.take(8 * size);
  const values = new Float64Array(size).fill(value?.values[0] ?? 0);
  const repeated = rowsAt >= 0 && { rowsAt };
  const times = rowsTimes > 1 && { rowsTimes };
  if (isFloat) state.give(node, { kind: 'constant', shape, values, isFloat, ...repeated, ...times });
  else {
    const isTruth = tensor!.dataType === bool;
    state.give(node, { kind: 'integers', shape, values: Array.from(values), isTruth, ...repeated });
  }
}

/** Range of integers, or of numbers. */
function range(state: GraphImport, node: OnnxNode): void {
  const [start, limit, delta] = [0, 1, 2].map((i) => state.scalar(node, i) ?? 0) as [number, number, number];
  const size = Math.max(Math.ceil((limit - start) / delta), 0);
  if (!(size <= mostNumbers)) throw node.bad(`at most ${mostNumbers} numbers`, `${size}`);
  state.budget.take(8 * size);
  const values = Array.from({ length: size }, (_, i) => start + i * delta);
  const isFloat = state.input(node, 0).kind === 'constant';
  state.give(
    node,
    isFloat ? { kind: 'constant', shape: [size], values, isFloat } : { kind: 'integers', shape: [size], values },
  );
}

/** Dropout. Its ratio was an attribute before operator set 12, and is an input since. */
function dropout(state: GraphImport, node: OnnxNode): void {
  node.int('seed', 0);
  const ratio = state.scalar(node, 1) ?? node.float('ratio', 0.5);
  // In training mode, which a model may be exported in, a dropout of nothing is still none.
  if (state.scalar(node, 2) && ratio !== 0) throw node.bad('training_mode = false', 'true');
  const x = state.floats(node);
  if (state.isRead(node, 1)) throw node.bad('no mask as second output', 'one');
  if (ratio === 0 || x.kind === 'constant' || x.node.rowShape.length > 3) state.give(node, x);
  else
    state.layer(
      node,
      node.naming(() => new DropoutLayer(shortestDecimal(ratio))),
      [x],
    );
}

/** Cast between types of floats, of truth values to numbers and back, and of integers. */
function castTo(state: GraphImport, node: OnnxNode, type: number): void {
  const numbers = state.indices(node, 0);
  if (numbers && (type === int32 || type === int64)) {
    state.give(node, numbers);
    return;
  }
  if (numbers && type === bool) {
    state.operation(node, [numbers], ({ ops }, [x]) => ops.nonZero(x!), { isTruth: true });
    return;
  }
  const value = state.input(node, 0);
  const [isFloat, isInteger] = [type === float32 || type === float64, type === int32 || type === int64];
  if (value.kind === 'rows') {
    if (isFloat && !value.isTruth) state.give(node, value);
    else if (isFloat || (type === bool && value.isTruth)) state.give(node, { ...value, isTruth: !isFloat });
    else if (type === bool) toTruth(state, node, value);
    else throw node.bad('rows cast to float32 or float64', elementTypeName(type));
  } else if (value.kind === 'constant') {
    if (type === bool) toTruth(state, node, value);
    else if (isFloat) state.give(node, value);
    else if (isInteger) {
      state.budget.take(8 * value.values.length);
      state.give(node, { kind: 'integers', shape: value.shape, values: Array.from(value.values, Math.trunc) });
    } else throw node.bad('a constant cast to floats or integers', elementTypeName(type));
  } else if (isInteger) state.give(node, { ...value, isTruth: false });
  else if (type === bool) toTruth(state, node, value);
  else if (isFloat) state.give(node, floatsOf(node, value));
  else throw node.bad('integers cast to floats or integers', elementTypeName(type));
}

function toTruth(state: GraphImport, node: OnnxNode, value: GraphValue): void {
  const compose: Compose = ({ ops }, [x]) => ops.subtract(1, ops.equal(x!, 0));
  state.operation(node, [value], compose, { isTruth: true });
}

function cast(state: GraphImport, node: OnnxNode): void {
  node.int('saturate', 1); // these two are for types of 8 bits
  node.string('round_mode', 'up');
  const to = node.int('to', 0);
  if (to === float16) throw node.bad('rows cast to float32 or float64', elementTypeName(to));
  castTo(state, node, to);
}

function castLike(state: GraphImport, node: OnnxNode): void {
  node.int('saturate', 1);
  node.string('round_mode', 'up');
  const like = state.input(node, 1);
  const isTruth = like.kind !== 'constant' && like.isTruth;
  castTo(state, node, isTruth ? bool : like.kind === 'integers' ? int64 : elementTypes[state.dtype]);
}

/** The dimensions of a value, among which there may be the number of rows. */
function shape(state: GraphImport, node: OnnxNode): void {
  const dims = state.extents(state.indices(node, 0) ?? state.anyInput(node, 0));
  const values = dims.slice(node.int('start', 0), node.int('end', dims.length));
  state.give(node, { kind: 'integers', shape: [values.length], values });
}

function size(state: GraphImport, node: OnnxNode): void {
  const size = productOf(state.extents(state.indices(node, 0) ?? state.anyInput(node, 0)));
  state.give(node, { kind: 'integers', shape: [], values: [size] });
}

export const valueNodes: Operators = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Identity: (state, node) => state.give(node, state.indices(node, 0) ?? state.anyInput(node, 0)),
  Dropout: dropout,
  Cast: cast,
  CastLike: castLike,
  Shape: shape,
  Size: size,
};
