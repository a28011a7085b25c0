import { EmbeddingLayer } from '../../../layers/index.js';
import { type Extent, holdsRows } from '../extents.js';
import type { GraphImport } from '../graph-import.js';
import type { IntegersValue, RowsValue } from '../graph-values.js';
import { layoutOf } from '../layout.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import { movedRowsOf, transposeMoved } from './moved-rows.js';
import { pad } from './pad.js';
import { asRepeated, plainOf } from './repeated.js';

/** Concat along one dimension; of integers, of shapes. */
function concat(state: GraphImport, node: OnnxNode): void {
  const values = state.inputs(node);
  if (values.length === 0) throw node.bad('an input 1', 'none');
  const axis = node.int('axis', 0);
  if (values.every((value) => value.kind === 'integers' && value.shape.length === 1)) {
    const lists = values as readonly IntegersValue[];
    if (axis !== 0 && axis !== -1) throw node.bad('axis = 0', `${axis}`);
    const all = lists.flatMap((list) => list.values);
    state.give(node, { kind: 'integers', shape: [all.length], values: all });
    return;
  }
  const rank = state.dims(values[0]!).length;
  if (values.some((value) => state.dims(value).length !== rank)) {
    throw node.bad(
      'values of as many dimensions',
      values.map((value) => `[${state.dims(value).join(', ')}]`).join(' and '),
    );
  }
  state.operation(node, values, (form, operands) => {
    const led = operands.find((value) => !form.isConstant(value)) ?? operands[0]!;
    const place = form.axis(led, axis);
    const [wanted] = [form.place(led, axis)];
    const spread = operands.map((value) => form.spread(value));
    const shape = led.shape.filter((_, i) => i !== place).join();
    if (
      form.batching !== 'constant' &&
      spread.some((value) => value.shape.filter((_, i) => i !== place).join() !== shape)
    ) {
      const received = values.map((value) => `[${state.dims(value).join(', ')}]`).join(' and ');
      throw node.bad(`values that differ in dimension ${wanted} only`, received);
    }
    return spread.length === 1 ? spread[0]! : form.ops.concatenate(spread, place);
  });
}

/** Split in parts of given sizes, or in as many parts as there are outputs. */
function split(state: GraphImport, node: OnnxNode): void {
  const x = state.floats(node);
  const dims = state.dims(x);
  const given = node.int('axis', 0);
  const place = given < 0 ? given + dims.length : given;
  const length = dims[place];
  if (typeof length !== 'number') throw node.bad('an axis behind the rows', `${given}`);
  const parts = node.outputs.length;
  node.requireInt('num_outputs', parts, [parts]);
  const share = Math.ceil(length / parts);
  const equal = Array.from({ length: parts }, (_, i) => Math.min(share, length - i * share));
  const sizes = state.listed(node, 'split', 1) ?? equal;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.length !== node.outputs.length || total !== length || sizes.some((size) => size < 1)) {
    throw node.bad(`${node.outputs.length} parts of ${length}`, `[${sizes.join(', ')}]`);
  }
  let begin = 0;
  for (const [output, size] of sizes.entries()) {
    const from = begin;
    begin += size;
    if (node.outputs[output] === '') continue;
    state.operation(node, [x], (form, [value]) => form.slice(value!, place, from, from + size), { output });
  }
}

/** Slice; its ranges were attributes before operator set 10. */
function slice(state: GraphImport, node: OnnxNode): void {
  const repeated = state.repeatedConstant(node);
  const x = repeated ? plainOf(repeated) : state.input(node, 0);
  const dims = state.dims(x);
  const [starts, ends] = [state.listed(node, 'starts', 1), state.listed(node, 'ends', 2)];
  if (!starts || !ends) throw node.bad('starts and ends', 'none');
  const axes = state.listed(node, 'axes', 3) ?? starts.map((_, i) => i);
  const steps = state.has(node, 4) ? state.integers(node, 4) : starts.map(() => 1);
  if ([ends, axes, steps].some((list) => list.length !== starts.length)) {
    throw node.bad(`${starts.length} ends, axes and steps`, `${ends.length}, ${axes.length} and ${steps.length}`);
  }
  const ranges = axes.map((axis, i) => {
    const place = axis < 0 ? axis + dims.length : axis;
    if (!(place >= 0 && place < dims.length)) throw node.bad(`axes of ${dims.length} dimensions`, `${axis}`);
    return { place, from: starts[i]!, to: ends[i]!, step: steps[i]! };
  });
  if (x.kind === 'integers' && x.shape.length === 1) {
    state.give(node, slicedIntegers(node, x, ranges));
    return;
  }
  state.operation(node, [x], (form, [value]) => {
    const cuts: ({ from: number; to: number; step: number } | null)[] = dims.map(() => null);
    for (const { place, from, to, step } of ranges) {
      const isAll = from === 0 && step === 1 && to >= 2 ** 31 - 1;
      if (dims[place] === 'rows' && isAll) continue;
      form.length(value!, place);
      cuts[place] = { from, to, step };
    }
    if (cuts.every((cut) => cut === null)) return value!;
    return form.ops.slice(value!, ...Array.from({ length: form.lead(value!) }, () => null), ...cuts);
  });
  if (!repeated) return;
  if (ranges.some(({ place }) => place === repeated.rowsAt))
    throw node.bad('slices that keep the rows', 'a slice of the rows');
  asRepeated(state, node, repeated, repeated.rowsAt);
}

interface CutRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

function slicedIntegers(node: OnnxNode, { shape, values }: IntegersValue, ranges: readonly CutRange[]): IntegersValue {
  const [range] = ranges;
  if (!range) return { kind: 'integers', shape, values };
  const { from, to, step } = range;
  if (step !== 1 && !(step === -1 && from === -1 && to < -values.length)) {
    throw node.bad('a step of 1, or a list turned round', `${step}`);
  }
  const picked = step === 1 ? values.slice(from, to) : values.toReversed();
  return { kind: 'integers', shape: [picked.length], values: picked };
}

/** Gather of the rows of a constant by the whole numbers of an input: an embedding. */
function embedding(state: GraphImport, node: OnnxNode, numbers: RowsValue): void {
  const { shape, values } = state.constant(node, 0);
  const [count, size] = shape as readonly [number, number];
  const axis = node.int('axis', 0);
  if (shape.length !== 2 || (axis !== 0 && axis !== -2)) {
    const received = `shape [${shape.join(', ')}] and axis ${axis}`;
    throw node.bad('rows of a constant of two dimensions for whole numbers of an input', received);
  }
  const layer = node.naming(() => new EmbeddingLayer(count, size));
  const result = state.layer(node, layer, [numbers], { W: state.weightsOf(shape, values) });
  state.giveLaidOut(node, result, layoutOf(numbers));
}

/** Gather of known places. */
function gather(state: GraphImport, node: OnnxNode): void {
  const numbers = state.indices(node, 1);
  if (numbers) {
    embedding(state, node, numbers);
    return;
  }
  const repeated = state.repeatedConstant(node);
  const x = repeated ? plainOf(repeated) : state.input(node, 0);
  const list = state.anyInput(node, 1);
  const places = list.kind === 'integers' && x.kind === 'constant' ? list : state.lengths(node, 1);
  const { shape, rowsAt } = places;
  const indices = knownOf(node, places);
  const given = node.int('axis', 0);
  if (x.kind === 'integers' && x.shape.length === 1) {
    const picked = indices.map((index) => x.values.at(index));
    if (given > 0 || given < -1 || picked.includes(undefined)) {
      throw node.bad(`positions in a list of ${x.values.length} integers`, `[${indices.slice(0, 9).join(', ')}]`);
    }
    state.give(node, { kind: 'integers', shape, values: picked as Extent[] });
    return;
  }
  state.operation(node, [x], (form, [value]) => {
    const place = form.place(value!, given);
    const dims = form.dims(value!);
    form.length(value!, place);
    const y = form.gather(value!, place, indices);
    // The picked dimension gives way to those of the indices.
    const target = [...dims.slice(0, place), ...shape, ...dims.slice(place + 1)];
    return shape.length === 1 ? y : form.reshapeResult(value!, y, target);
  });
  const place = given < 0 ? given + state.dims(x).length : given;
  if (rowsAt !== undefined) {
    // The same places for each row.
    if (repeated) throw node.bad('rows in one of its inputs', 'rows in both');
    asRepeated(state, node, {}, place + rowsAt);
    return;
  }
  if (!repeated) return;
  if (place === repeated.rowsAt) throw node.bad('an axis that keeps the rows', 'the axis of the rows');
  asRepeated(state, node, repeated, place < repeated.rowsAt ? repeated.rowsAt - 1 + shape.length : repeated.rowsAt);
}

/** Whole numbers of known places. */
function knownOf(node: OnnxNode, { values }: IntegersValue): readonly number[] {
  if (values.some(holdsRows)) throw node.bad('known integers as input 2', 'the number of rows');
  return values as readonly number[];
}

/** Dimensions in another order, by default the other way round. */
function transpose(state: GraphImport, node: OnnxNode): void {
  const x = state.anyRows(node) ?? state.indices(node, 0) ?? state.input(node, 0);
  const rank = state.extents(x).length;
  const order = node.ints('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const isOrder = order.length === rank && new Set(order).size === rank && order.every((i) => i >= 0 && i < rank);
  if (!isOrder) throw node.bad(`each of ${rank} dimensions once`, `[${order.slice(0, 9).join(', ')}]`);
  const moved = movedRowsOf(state, node, order[0] !== 0);
  if (moved) transposeMoved(moved, order);
  else if (x.kind === 'integers' && rank < 2) state.give(node, x);
  else state.operation(node, [x], (form, [value]) => form.transpose(value!, order));
}

export const movementNodes: Operators = {
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Transpose: transpose,
  Pad: pad,
};
