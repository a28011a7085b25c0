import type { Value } from '../../../ops/value.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { GraphValue, IntegersValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import { quote } from '../quote.js';
import type { Length } from '../recorder.js';
import { gatherMoved, movedRowsOf, sliceMoved, transposeMoved } from './moved-rows.js';
import { pad } from './pad.js';

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
  const moved = movedRowsOf(state, node);
  const x = moved ? state.movedRows(node)! : state.floats(node);
  const dims = state.dims(x);
  const given = node.int('axis', 0);
  const place = given < 0 ? given + dims.length : given;
  const length = dims[place];
  if (typeof length !== 'number') throw node.bad('an axis behind the rows', `${given}`);
  const parts = node.int('num_outputs', node.outputs.length);
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
    if (moved) {
      sliceMoved(moved, [{ axis: place, from, to: from + size, step: 1 }], output);
      continue;
    }
    state.operation(node, [x], (form, [value]) => form.slice(value!, place, from, from + size), { output });
  }
}

/** Slice; its ranges were attributes before operator set 10. */
function slice(state: GraphImport, node: OnnxNode): void {
  const moved = movedRowsOf(state, node);
  const x = moved ? state.movedRows(node)! : state.input(node, 0);
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
  if (moved) {
    sliceMoved(
      moved,
      ranges.map(({ place, ...range }) => ({ axis: place, ...range })),
    );
    return;
  }
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

/** Gather of known places. */
function gather(state: GraphImport, node: OnnxNode): void {
  const moved = movedRowsOf(state, node);
  if (moved) {
    gatherMoved(moved, node.int('axis', 0), state.integers(node, 1), state.lengths(node, 1).shape);
    return;
  }
  const x = state.input(node, 0);
  const { shape } = state.lengths(node, 1);
  const indices = state.integers(node, 1);
  const given = node.int('axis', 0);
  if (x.kind === 'integers' && x.shape.length === 1) {
    const picked = indices.map((index) => x.values.at(index));
    if (given > 0 || given < -1 || picked.includes(undefined)) {
      throw node.bad(`positions in a list of ${x.values.length} integers`, `[${indices.slice(0, 9).join(', ')}]`);
    }
    state.give(node, { kind: 'integers', shape, values: picked as Length[] });
    return;
  }
  state.operation(node, [x], (form, [value]) => {
    const place = form.place(value!, given);
    const dims = form.dims(value!);
    form.length(value!, place);
    const y = form.gather(value!, place, indices);
    // The picked dimension gives way to those of the indices.
    const target = [...dims.slice(0, place), ...shape, ...dims.slice(place + 1)];
    return shape.length === 1 ? y : reshapedLike(form, value!, y, target);
  });
}

/** A result of `like` in another shape: a constant's results are no constants of the form. */
function reshapedLike(form: Form, like: Value, y: Value, dims: readonly Length[]): Value {
  const lead: Length[] = form.lead(like) === 1 ? ['rows'] : [];
  return form.ops.reshape(y, [...lead, ...dims]);
}

/** Dimensions in another order, by default the other way round. */
function transpose(state: GraphImport, node: OnnxNode): void {
  const x = state.movedRows(node) ?? state.input(node, 0);
  const rank = state.dims(x).length;
  const order = node.ints('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const isOrder = order.length === rank && new Set(order).size === rank && order.every((i) => i >= 0 && i < rank);
  if (!isOrder) throw node.bad(`each of ${rank} dimensions once`, `[${order.slice(0, 9).join(', ')}]`);
  const moved = movedRowsOf(state, node, order[0] !== 0);
  if (moved) transposeMoved(moved, order);
  else if (x.kind === 'integers' && rank < 2) state.give(node, x);
  else state.operation(node, [x], (form, [value]) => form.transpose(value!, order));
}

/** Expand: dimensions of length 1 repeat, and more may come in front. */
function expand(state: GraphImport, node: OnnxNode): void {
  const x = state.input(node, 0);
  const target = state.lengths(node, 1).values;
  repeatTo(state, node, x, target);
}

function repeatTo(state: GraphImport, node: OnnxNode, x: GraphValue, target: readonly Length[]): void {
  const dims = state.dims(x);
  const rank = Math.max(dims.length, target.length);
  const at = (list: readonly Length[], i: number) => list[i - rank + list.length] ?? 1;
  const fixed = state.graph.inputs.find(({ shape }) => shape?.[0] !== undefined)?.shape?.[0];
  const isFit = Array.from({ length: rank }, (_, i) => {
    const [from, to] = [at(dims, i), at(target, i)];
    if (from === 'rows') return to === 'rows' || to === 1 || to === fixed;
    return to !== 'rows' && (from === to || from === 1 || to === 1) && to > 0;
  });
  const bad = () => node.bad(`a shape that [${dims.join(', ')}] repeats to`, `[${target.join(', ')}]`);
  if (isFit.includes(false) || (dims[0] === 'rows' && dims.length < rank) || rank > 8) throw bad();
  state.operation(node, [x], (form, [value]) => {
    const ones = Array.from({ length: rank - dims.length }, () => 1);
    const lead = form.lead(value!);
    let y = ones.length > 0 ? reshapedLike(form, value!, value!, [...ones, ...dims]) : value!;
    for (let i = 0; i < rank; i++) {
      const [from, to] = [at(dims, i), at(target, i)];
      if (typeof to !== 'number' || from !== 1 || to === 1) continue;
      y = form.ops.gather(
        y,
        Array.from({ length: to }, () => 0),
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
      const places = Array.from({ length: length * times }, (_, j) => j % length);
      return form.ops.gather(y, places, i + form.lead(value!));
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

/** CenterCropPad is left out; Pad is in a file of its own. */
export const movementNodes: Operators = {
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Pad: pad,
};
