// @internal
import { FlattenLayer } from '../../../layers/index.js';
import { sizeOf } from '../../../tensor/tensor.js';
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';
import { quote } from '../quote.js';
import type { Dimension } from '../values.js';
import { mostDimensions, shapeInput } from './shape-values.js';

/** Flatten of rows to vectors. */
export function flatten(chain: Chain, node: OnnxNode): void {
  const { shape } = chain.data(node);
  const axis = node.int('axis', 1);
  if (axis !== 1 && axis !== -shape.length) throw node.bad('axis = 1', `${axis}`);
  toShape(chain, node, [sizeOf(shape)]);
}

/** Reshape of rows to rows of another shape, which may be computed; of a shape, between a number and a list of one. */
export function reshape(chain: Chain, node: OnnxNode): void {
  const keepsZeros = node.int('allowzero', 0) !== 0;
  const input = chain.input(node, 0);
  const target = shapeInput(chain, node, 1).dims;
  if (input.kind !== 'data') {
    const { dims } = shapeInput(chain, node, 0);
    const isList = target.length === 1 && (target[0] === -1 || target[0] === dims.length);
    if (!isList && !(target.length === 0 && dims.length === 1)) {
      throw node.bad('a list of dimensions as the target', `[${target.join(', ')}]`);
    }
    chain.give(node, { kind: 'shape', dims, isScalar: target.length === 0 });
    return;
  }
  toShape(chain, node, targetShape(chain, node, target, keepsZeros));
}

/** The shape of one row behind a Reshape. @throws BlasnetError `ERR_BAD_FILE` where it would mix rows */
function targetShape(chain: Chain, node: OnnxNode, target: readonly Dimension[], keepsZeros: boolean) {
  const { shape: from } = chain.data(node);
  const size = sizeOf(from);
  const bad = () => node.bad(`a shape of as many rows of ${size} numbers`, `[${target.join(', ')}]`);
  const [rows, ...row] = target;
  const isRows = rows === 'rows' || rows === -1 || (rows === 0 && !keepsZeros) || rows === chain.graph.input.shape?.[0];
  if (!isRows || row.length === 0) throw bad();
  const known = row.map((dim, i) => (dim === 0 && !keepsZeros ? from[i] : dim));
  const product = known.reduce<number>((sum, dim) => sum * (dim === -1 ? 1 : Number(dim)), 1);
  // One dimension may be left open: it gets the numbers that the others leave.
  const open = rows === -1 ? 0 : 1;
  if (known.filter((dim) => dim === -1).length > open) throw bad();
  const shape = known.map((dim) => (dim === -1 ? size / product : Number(dim)));
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim > 0) || sizeOf(shape) !== size) throw bad();
  return shape;
}

/** Layers of images take vectors as well, so that a layer is needed only to make vectors. */
function toShape(chain: Chain, node: OnnxNode, shape: readonly number[]): void {
  const { step, shape: from } = chain.tip;
  const isSame = from.join() === shape.join();
  if (chain.rowShape.join() === shape.join() || chain.rowShape.length === 1) {
    chain.pass(node, shape, isSame ? step : undefined);
  } else chain.add(node, new FlattenLayer(), shape);
}

/** The dimensions of rows, as in `x.view(x.size(0), -1)`; of a constant, numbers. */
export function shape(chain: Chain, node: OnnxNode): void {
  const value = chain.input(node, 0);
  if (value.kind === 'shape') throw node.bad('rows or a constant', 'a shape');
  const dims: readonly Dimension[] = value.kind === 'data' ? ['rows', ...value.shape] : value.shape;
  const [start, end] = [node.int('start', 0), node.int('end', dims.length)];
  chain.give(node, { kind: 'shape', dims: dims.slice(start, end), isScalar: false });
}

/** Gather of dimensions: `x.size(i)`. */
export function gather(chain: Chain, node: OnnxNode): void {
  const { dims, isScalar } = shapeInput(chain, node, 0);
  node.requireInt('axis', 0, [0]);
  const { values, shape, isFloat } = chain.constant(node, 1);
  const picked = Array.from({ length: Math.min(values.length, mostDimensions) }, (_, i) => dims.at(values[i]!));
  if (isScalar || isFloat || shape.length > 1 || picked.length === 0 || !isKnown(picked)) {
    const places = Array.from(values).slice(0, mostDimensions).join(', ');
    throw node.bad(`positions in a shape of ${dims.length} dimensions`, `[${places}]`);
  }
  chain.give(node, { kind: 'shape', dims: picked, isScalar: shape.length === 0 });
}

const isKnown = (dims: readonly (Dimension | undefined)[]): dims is Dimension[] => !dims.includes(undefined);

/** Slice of dimensions: `x.shape[1:]`. */
export function slice(chain: Chain, node: OnnxNode): void {
  const { dims } = shapeInput(chain, node, 0);
  const number = (i: number, name: string) => node.ints(name)?.[0] ?? chain.optionalConstant(node, i)?.values[0];
  const [start, end] = [number(1, 'starts'), number(2, 'ends')];
  const [axis = 0, step = 1] = [number(3, 'axes'), chain.optionalConstant(node, 4)?.values[0]];
  const isAxis = axis === 0 || axis === -1;
  if (start === undefined || end === undefined || !isAxis || step !== 1) {
    throw node.bad('a part of a shape (axis 0, step 1)', `axis ${axis}, step ${step}`);
  }
  chain.give(node, { kind: 'shape', dims: dims.slice(start, end), isScalar: false });
}

/**
 * Squeeze and Unsqueeze: of rows, which lose or get dimensions of 1; of a shape, between a number and a list of one.
 */
export function squeeze(chain: Chain, node: OnnxNode): void {
  const given = node.ints('axes') ?? chain.optionalConstant(node, 1)?.values;
  const axes = given && Array.from(given).slice(0, mostDimensions);
  const isSqueeze = node.operator === 'Squeeze';
  if (chain.input(node, 0).kind === 'data') {
    const { shape } = chain.data(node);
    toShape(chain, node, isSqueeze ? squeezed(node, shape, axes) : unsqueezed(node, shape, axes));
    return;
  }
  const { dims } = shapeInput(chain, node, 0);
  const isFirst = axes === undefined ? isSqueeze : axes.length === 1 && (axes[0] === 0 || axes[0] === -1);
  if (dims.length !== 1 || !isFirst) throw node.bad('one dimension and axis 0', `${dims.length} dimensions`);
  chain.give(node, { kind: 'shape', dims, isScalar: isSqueeze });
}

function squeezed(node: OnnxNode, shape: readonly number[], axes: readonly number[] | undefined): readonly number[] {
  const rank = shape.length + 1;
  const places = axes?.map((axis) => (axis < 0 ? axis + rank : axis));
  const isOne = places?.every((place) => place >= 1 && shape[place - 1] === 1);
  const left = shape.filter((_, i) => !places?.includes(i + 1));
  if (!isOne || left.length === 0) {
    const received = axes ? `axes [${axes.join(', ')}]` : 'no axes';
    throw node.bad(
      `axes of length 1 behind the rows in shape [rows, ${shape.join(', ')}], and a dimension left`,
      received,
    );
  }
  return left;
}

function unsqueezed(node: OnnxNode, shape: readonly number[], axes: readonly number[] | undefined): readonly number[] {
  const rank = shape.length + 1 + (axes?.length ?? 0);
  const places = new Set(axes?.map((axis) => (axis < 0 ? axis + rank : axis)));
  const fits = places.size === axes?.length && [...places].every((place) => place >= 1 && place < rank);
  if (!fits) throw node.bad('axes behind the rows', axes ? `axes [${axes.join(', ')}]` : 'no axes');
  const rest = [...shape];
  return Array.from({ length: rank - 1 }, (_, i) => (places.has(i + 1) ? 1 : rest.shift()!));
}

/** Concat of dimensions to a shape. A Concat of 1 − p and p is a pattern of its own. */
export function concat(chain: Chain, node: OnnxNode): void {
  const rows = node.inputs.filter((name) => chain.value(name)?.kind === 'data');
  if (rows.length > 0) {
    throw node.bad(
      'dimensions of a shape, or [1 − p, p] of a probability p',
      rows.slice(0, 5).map(quote).join(' and '),
    );
  }
  node.requireInt('axis', 0, [0, -1]);
  if (node.inputs.length > mostDimensions) {
    throw node.bad(`at most ${mostDimensions} inputs`, `${node.inputs.length}`);
  }
  const parts = node.inputs.map((_, i) => shapeInput(chain, node, i).dims);
  chain.give(node, { kind: 'shape', dims: parts.flat(), isScalar: false });
}
