import type { Value } from '../../../ops/value.js';
import { sizeOf } from '../../../tensor/tensor.js';
import type { ConstantValue } from '../constant.js';
import { type Extent, holdsRows, timesOf } from '../extents.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { GraphValue, IntegersValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import { places } from '../places.js';
import { quote } from '../quote.js';
import type { Length } from '../recorder.js';
import { asRepeated } from './repeated.js';

/** Expand: dimensions of length 1 repeat, and more may come in front. */
function expand(state: GraphImport, node: OnnxNode): void {
  const x = state.input(node, 0);
  const target = state.lengths(node, 1).values;
  const rowsAt = target.findIndex(holdsRows);
  const rows = target[rowsAt];
  const times = rows !== undefined && holdsRows(rows) ? timesOf(rows) : 1;
  const isRepeated = rowsAt >= 0 && (x.kind === 'constant' || (x.kind === 'integers' && times === 1));
  const one = isRepeated ? oneOf(x, rowsAt - target.length) : undefined;
  if (one) {
    repeatTo(state, node, one, target.with(rowsAt, 1));
    const at = rowsAt + Math.max(one.shape.length - target.length, 0);
    asRepeated(state, node, times > 1 ? { rowsTimes: times } : {}, at);
  } else repeatTo(state, node, x, target);
}

/** A constant with one of the rows that it has along a dimension, counted from the last one; undefined where they differ. */
function oneOf<Given extends ConstantValue | IntegersValue>(x: Given, axis: number): Given | undefined {
  const { shape, values } = x;
  if ((shape.at(axis) ?? 1) === 1 || -axis > shape.length) return x;
  if (x.kind === 'integers') return undefined;
  // An example that is traced leaves its number of rows in states of zeros.
  if (Array.from(values).some((value) => value !== values[0])) return undefined;
  const own = shape.with(axis, 1);
  return { ...x, shape: own, values: Array.from(values as ArrayLike<number>).slice(0, sizeOf(own)) };
}

function repeatTo(state: GraphImport, node: OnnxNode, x: GraphValue, target: readonly Extent[]): void {
  const dims = state.dims(x);
  const rank = Math.max(dims.length, target.length);
  const at = (list: readonly Extent[], i: number) => list[i - rank + list.length] ?? 1;
  const fixed = state.fixedRows;
  const isFit = Array.from({ length: rank }, (_, i) => {
    const [from, to] = [at(dims, i), at(target, i)];
    if (from === 'rows') return to === 'rows' || to === 1 || to === fixed;
    return !holdsRows(to) && (from === to || from === 1 || to === 1) && to > 0;
  });
  const bad = () => node.bad(`a shape that [${dims.join(', ')}] repeats to`, `[${target.join(', ')}]`);
  if (isFit.includes(false) || (dims[0] === 'rows' && dims.length < rank) || rank > 8) throw bad();
  state.operation(node, [x], (form, [value]) => {
    const ones = Array.from({ length: rank - dims.length }, () => 1);
    const lead = form.lead(value!);
    let y = ones.length > 0 ? form.reshapeResult(value!, value!, [...ones, ...dims]) : value!;
    for (let i = 0; i < rank; i++) {
      const [from, to] = [at(dims, i), at(target, i)];
      if (typeof to !== 'number' || from !== 1 || to === 1) continue;
      y = form.ops.gather(
        y,
        places(to, () => 0),
        i + lead,
      );
    }
    return y;
  });
}

/** Tile: each dimension so many times. */
function tile(state: GraphImport, node: OnnxNode): void {
  const x = state.floats(node);
  const dims = state.dims(x);
  const repeats = state.integers(node, 1);
  const isFit =
    repeats.length === dims.length && repeats.every((times, i) => times > 0 && (dims[i] !== 'rows' || times === 1));
  if (!isFit) throw node.bad(`how often to repeat each of [${dims.join(', ')}]`, `[${repeats.slice(0, 9).join(', ')}]`);
  state.operation(node, [x], (form, [value]) =>
    repeats.reduce((y, times, i) => {
      if (times === 1) return y;
      const length = value!.shape[i + form.lead(value!)]!;
      const sources = places(length * times, (j) => j % length);
      return form.ops.gather(y, sources, i + form.lead(value!));
    }, value!),
  );
}

/** DepthToSpace: blocks of channels become blocks of pixels. */
function depthToSpace(state: GraphImport, node: OnnxNode): void {
  const x = state.floats(node);
  const block = node.int('blocksize', 0);
  const mode = node.string('mode', 'DCR');
  if (mode !== 'DCR' && mode !== 'CRD') throw node.bad('mode = DCR or CRD', quote(mode));
  state.operation(node, [x], (form, [value]) => {
    const [n, channels, height, width] = imageDims(node, form, value!);
    const left = channels / block ** 2;
    if (!Number.isInteger(left)) throw node.bad(`channels in blocks of ${block ** 2}`, `${channels}`);
    const isDepthFirst = mode === 'DCR';
    const wide = form.reshape(
      value!,
      isDepthFirst ? [n, block, block, left, height, width] : [n, left, block, block, height, width],
    );
    const turned = form.transpose(wide, isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]);
    return form.reshape(turned, [n, left, height * block, width * block]);
  });
}

/** SpaceToDepth: blocks of pixels become blocks of channels. */
function spaceToDepth(state: GraphImport, node: OnnxNode): void {
  const x = state.floats(node);
  const block = node.int('blocksize', 0);
  const mode = node.string('mode', 'DCR');
  if (mode !== 'DCR') throw node.bad('mode = DCR', quote(mode));
  state.operation(node, [x], (form, [value]) => {
    const [n, channels, height, width] = imageDims(node, form, value!);
    const [rows, columns] = [height / block, width / block];
    if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
      throw node.bad(`images of blocks of ${block}`, `${height} × ${width}`);
    }
    const wide = form.reshape(value!, [n, channels, rows, block, columns, block]);
    return form.reshape(form.transpose(wide, [0, 3, 5, 1, 2, 4]), [n, channels * block ** 2, rows, columns]);
  });
}

function imageDims(node: OnnxNode, form: Form, x: Value): [Length, number, number, number] {
  const dims = form.dims(x);
  if (dims.length !== 4) throw node.bad('images', `shape [${dims.join(', ')}]`);
  return [dims[0]!, form.length(x, 1), form.length(x, 2), form.length(x, 3)];
}

export const repeatNodes: Operators = {
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
