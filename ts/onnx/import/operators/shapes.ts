// @internal
import { DropoutLayer, FlattenLayer } from '../../../layers/index.js';
import { shortestDecimal } from '../../../number-formats.js';
import { sizeOf } from '../../../tensor.js';
import type { Chain } from '../chain.js';
import { constantOf } from '../constant.js';
import type { OnnxNode } from '../node.js';
import type { Dimension, ShapeValue } from '../values.js';

/** A constant, whichever way the node says it. */
export function constant(chain: Chain, node: OnnxNode): void {
  const tensor = node.tensor('value');
  if (tensor) {
    chain.give(node, constantOf(tensor, node.where, chain.budget));
    return;
  }
  const [float, int] = [node.float('value_float', Number.NaN), node.int('value_int', -1)];
  const isScalar = node.has('value_float') || node.has('value_int');
  const floats = node.floats('value_floats') ?? (node.has('value_float') ? [float] : undefined);
  const values = floats ?? node.ints('value_ints') ?? (node.has('value_int') ? [int] : undefined);
  if (!values) throw node.bad('a tensor or numbers', 'none');
  const shape = isScalar ? [] : [values.length];
  chain.give(node, { kind: 'constant', shape, values, isFloat: floats !== undefined });
}

/** Rows, or anything else, as they are. */
export function identity(chain: Chain, node: OnnxNode): void {
  const value = chain.input(node, 0);
  if (value.kind === 'data') {
    const { shape, step } = chain.data(node);
    chain.pass(node, shape, step);
  } else chain.give(node, value);
}

/** Its ratio was an attribute before operator set 12, and is an input since. */
export function dropout(chain: Chain, node: OnnxNode): void {
  chain.data(node);
  node.int('seed', 0);
  const ratio = chain.optionalConstant(node, 1)?.values[0] ?? node.float('ratio', 0.5);
  if (chain.optionalConstant(node, 2)?.values[0]) throw node.bad('training_mode = false', 'true');
  chain.add(
    node,
    node.naming(() => new DropoutLayer(shortestDecimal(ratio))),
  );
}

export function flatten(chain: Chain, node: OnnxNode): void {
  const { shape } = chain.data(node);
  const axis = node.int('axis', 1);
  if (axis !== 1 && axis !== -shape.length) throw node.bad('axis = 1', `${axis}`);
  toShape(chain, node, [sizeOf(shape)]);
}

export function reshape(chain: Chain, node: OnnxNode): void {
  const { shape: from } = chain.data(node);
  const keepsZeros = node.int('allowzero', 0) !== 0;
  const target = shapeInput(chain, node, 1).dims;
  const size = sizeOf(from);
  const bad = () => node.bad(`a shape of as many rows of ${size} numbers`, `[${target.join(', ')}]`);
  const [rows, ...row] = target;
  const isRows = rows === 'rows' || rows === -1 || (rows === 0 && !keepsZeros) || rows === chain.graph.input.shape?.[0];
  if (!isRows || row.length === 0) throw bad();
  const known = row.map((dim, i) => (dim === 0 && !keepsZeros ? from[i] : dim));
  const product = known.reduce<number>((sum, dim) => sum * (dim === -1 ? 1 : Number(dim)), 1);
  // One dimension may be left open: what the others leave.
  const open = rows === -1 ? 0 : 1;
  if (known.filter((dim) => dim === -1).length > open) throw bad();
  const shape = known.map((dim) => (dim === -1 ? size / product : Number(dim)));
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim > 0) || sizeOf(shape) !== size) throw bad();
  toShape(chain, node, shape);
}

/** Our layers of images take vectors as well, so that only vectors must be made. */
function toShape(chain: Chain, node: OnnxNode, shape: readonly number[]): void {
  if (chain.rowShape.join() === shape.join() || chain.rowShape.length === 1) chain.pass(node, shape);
  else chain.add(node, new FlattenLayer(), shape);
}

/** The dimensions of rows: what `x.view(x.size(0), -1)` begins with. */
export function shape(chain: Chain, node: OnnxNode): void {
  const value = chain.input(node, 0);
  if (value.kind !== 'data') throw node.bad('rows', `a ${value.kind}`);
  const dims: Dimension[] = ['rows', ...value.shape];
  const [start, end] = [node.int('start', 0), node.int('end', dims.length)];
  chain.give(node, { kind: 'shape', dims: dims.slice(start, end), isScalar: false });
}

export function gather(chain: Chain, node: OnnxNode): void {
  const { dims } = shapeInput(chain, node, 0);
  node.requireInt('axis', 0, [0]);
  const { values, shape } = chain.constant(node, 1);
  const picked = Array.from({ length: Math.min(values.length, 9) }, (_, i) => dims.at(values[i]!));
  if (shape.length > 1 || picked.length === 0 || !isKnown(picked)) throw node.bad('places in a shape', 'others');
  chain.give(node, { kind: 'shape', dims: picked, isScalar: shape.length === 0 });
}

export function slice(chain: Chain, node: OnnxNode): void {
  const { dims } = shapeInput(chain, node, 0);
  const number = (i: number, name: string) => node.ints(name)?.[0] ?? chain.optionalConstant(node, i)?.values[0];
  const [start, end] = [number(1, 'starts'), number(2, 'ends')];
  const [axis = 0, step = 1] = [number(3, 'axes'), chain.optionalConstant(node, 4)?.values[0]];
  if (start === undefined || end === undefined || axis !== 0 || step !== 1)
    throw node.bad('a part of a shape', 'another');
  chain.give(node, { kind: 'shape', dims: dims.slice(start, end), isScalar: false });
}

/** Between a number and a list of one: the axis is always 0. */
export function squeeze(chain: Chain, node: OnnxNode): void {
  const { dims } = shapeInput(chain, node, 0);
  const axes = node.ints('axes') ?? chain.optionalConstant(node, 1)?.values ?? [0];
  if (dims.length !== 1 || axes.length !== 1 || axes[0] !== 0) throw node.bad('one dimension', 'others');
  chain.give(node, { kind: 'shape', dims, isScalar: node.operator === 'Squeeze' });
}

export function concat(chain: Chain, node: OnnxNode): void {
  node.requireInt('axis', 0, [0]);
  if (node.inputs.length > 9) throw node.bad('at most 9 dimensions', `${node.inputs.length}`);
  const parts = node.inputs.map((_, i) => shapeInput(chain, node, i).dims);
  chain.give(node, { kind: 'shape', dims: parts.flat(), isScalar: false });
}

export function cast(chain: Chain, node: OnnxNode): void {
  node.int('to', 0);
  chain.give(node, shapeInput(chain, node, 0));
}

/** A shape, or whole numbers that are one. */
function shapeInput(chain: Chain, node: OnnxNode, i: number): ShapeValue {
  const value = chain.input(node, i);
  if (value.kind === 'shape') return value;
  if (value.kind === 'data') {
    chain.data(node, i); // tells a branch as such
    throw node.bad(`a shape as input ${i + 1}`, 'rows');
  }
  if (value.isFloat || value.values.length > 9) throw node.bad(`a shape as input ${i + 1}`, 'another constant');
  return { kind: 'shape', dims: Array.from(value.values), isScalar: value.shape.length === 0 };
}

const isKnown = (dims: readonly (Dimension | undefined)[]): dims is Dimension[] => !dims.includes(undefined);
