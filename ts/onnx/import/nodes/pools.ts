import { badArgument } from '../../../core/errors.js';
import { AveragePoolLayer, GlobalAveragePoolLayer, MaxPoolLayer } from '../../../layers/index.js';
import type { Value } from '../../../ops/value.js';
import { sizeOf } from '../../../tensor/tensor.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { GraphValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { GraphOperator, Operators } from '../node-table.js';
import { places } from '../places.js';
import { surrounded } from './pad.js';
import { type SpatialWindow, spatialDims, spatialWindows } from './spatial.js';

/** Limit on the numbers of a window: each of them is an operation. */
const mostTaps = 1024;
/** Limit on the numbers of all windows along one dimension, which are counted one by one. */
const mostCounted = 2 ** 22;

/** The parts of the input that stand at each place of the windows, after `pad` has been put around it. */
function partsOf(form: Form, node: OnnxNode, x: Value, windows: readonly SpatialWindow[], pad: number): Value[] {
  const { ops } = form;
  const lead = form.lead(x) + 2;
  if (!(sizeOf(windows.map(({ kernel }) => kernel)) <= mostTaps)) {
    throw node.bad(`windows of at most ${mostTaps} numbers`, `[${windows.map(({ kernel }) => kernel).join(', ')}]`);
  }
  const padded = windows.reduce(
    (y, { before, behind, beyond }, i) => surrounded(ops, y, lead + i, { before, behind: behind + beyond }, pad),
    x,
  );
  let offsets: readonly (readonly number[])[] = [[]];
  for (const { kernel, dilation } of windows) {
    const steps = Array.from({ length: kernel }, (_, i) => i * dilation);
    offsets = offsets.flatMap((offset) => steps.map((step) => [...offset, step]));
  }
  const nulls = Array.from({ length: lead }, () => null);
  return offsets.map((offset) => {
    const cuts = windows.map(({ stride, output }, i) => ({
      from: offset[i]!,
      to: offset[i]! + (output - 1) * stride + 1,
      step: stride,
    }));
    return ops.slice(padded, ...nulls, ...cuts);
  });
}

function windowsOf(state: GraphImport, node: OnnxNode, x: GraphValue): SpatialWindow[] {
  const lengths = spatialDims(state, node, x);
  const kernel = node.ints('kernel_shape');
  if (!kernel) throw node.bad('a kernel_shape', 'none');
  if (kernel.length !== lengths.length || kernel.some((size) => size < 1 || size >= 2 ** 31)) {
    throw node.bad(`a kernel_shape of ${lengths.length} whole numbers above 0`, `[${kernel.slice(0, 9).join(', ')}]`);
  }
  return spatialWindows(node, lengths, kernel, { isPool: true });
}

/** Gives a pool that the layer of images can do. @returns false for another one */
function poolLayer(
  state: GraphImport,
  node: OnnxNode,
  x: GraphValue,
  windows: readonly SpatialWindow[],
  Pool: typeof MaxPoolLayer | typeof AveragePoolLayer,
): boolean {
  const isPlain = x.kind === 'rows' && state.batching === 'rows' && windows.length === 2;
  const fits = windows.every(({ before, input, kernel, stride, dilation, output }) => {
    const isWithin = 2 * before <= kernel;
    return dilation === 1 && isWithin && Math.floor((input + 2 * before - kernel) / stride) + 1 === output;
  });
  if (!isPlain || !fits) return false;
  const both = (pick: (window: SpatialWindow) => number) => windows.map(pick) as [number, number];
  const sizes = {
    poolSize: both(({ kernel }) => kernel),
    stride: both(({ stride }) => stride),
    padding: both(({ before }) => before),
  };
  state.layer(
    node,
    node.naming(() => new Pool(sizes)),
    [x],
  );
  return true;
}

/** MaxPool: its answer depends on the numbers in each window only, so any padding that a layer has will do. */
function maxPool(state: GraphImport, node: OnnxNode): void {
  node.int('storage_order', 0); // of the second output
  if ((node.outputs[1] ?? '') !== '') throw node.bad('no positions as second output', 'some');
  const x = state.floats(node);
  const windows = windowsOf(state, node, x);
  if (poolLayer(state, node, x, windows, MaxPoolLayer)) return;
  state.operation(node, [x], (form, [value]) => {
    const parts = partsOf(form, node, value!, windows, Number.NEGATIVE_INFINITY);
    return parts.reduce((largest, part) => form.ops.maximum(largest, part));
  });
}

/** AveragePool: padding counts as zeros, or not at all; what lies beyond it by ceil_mode never counts. */
function averagePool(state: GraphImport, node: OnnxNode): void {
  const countsPadding = node.int('count_include_pad', 0) !== 0;
  const x = state.floats(node);
  const windows = windowsOf(state, node, x);
  const counts = node.naming(() => windows.map((window) => countsAlong(window, countsPadding)));
  const isFull = counts.every((along, i) => along.every((count) => count === windows[i]!.kernel));
  if (isFull && poolLayer(state, node, x, windows, AveragePoolLayer)) return;
  state.operation(
    node,
    [x, ...counts.map((values, i) => countsFor(values, counts.length - 1 - i))],
    (form, [value, ...each]) => {
      const { ops } = form;
      const sum = partsOf(form, node, value!, windows, 0).reduce((total, part) => ops.add(total, part));
      return each.reduce((y, count) => ops.divide(y, count), sum);
    },
  );
}

/** How many numbers of each window count, along one dimension. */
function countsAlong(
  { input, kernel, stride, dilation, before, behind, output }: SpatialWindow,
  countsPadding: boolean,
): number[] {
  if (!(output * kernel <= mostCounted))
    throw badArgument('windows', `at most ${mostCounted} numbers`, output * kernel);
  return places(output, (i) => {
    const taps = Array.from({ length: kernel }, (_, k) => i * stride + k * dilation);
    const [from, to] = countsPadding ? [0, before + input + behind] : [before, before + input];
    return taps.filter((place) => place >= from && place < to).length;
  });
}

/** Counts along a dimension in front of some others. */
function countsFor(values: readonly number[], others: number) {
  return {
    kind: 'constant' as const,
    shape: [values.length, ...Array.from({ length: others }, () => 1)],
    values,
    isFloat: true,
  };
}

/** LpPool: (Σ |x|ᵖ)^(1/p) of each window. */
function lpPool(state: GraphImport, node: OnnxNode): void {
  const p = node.int('p', 2);
  const x = state.floats(node);
  const windows = windowsOf(state, node, x);
  state.operation(node, [x], (form, [value]) => {
    const { ops } = form;
    const powers = ops.power(ops.abs(value!), p);
    const parts = partsOf(form, node, powers, windows, 0);
    return ops.power(
      parts.reduce((total, part) => ops.add(total, part)),
      1 / p,
    );
  });
}

/** GlobalAveragePool and GlobalMaxPool, over all dimensions behind the channels, which stay with length 1. */
const globalPool =
  (combine: (form: Form, x: Value, axes: readonly number[]) => Value): GraphOperator =>
  (state, node) => {
    const x = state.floats(node);
    const lengths = spatialDims(state, node, x);
    if (
      node.operator === 'GlobalAveragePool' &&
      x.kind === 'rows' &&
      state.batching === 'rows' &&
      lengths.length === 2
    ) {
      const pooled = state.apply(
        node,
        node.naming(() => new GlobalAveragePoolLayer()),
        [x],
      );
      const ones = [x.node.rowShape[0]!, 1, 1];
      state.operation(node, [pooled], (form, [value]) => form.reshape(value!, ['rows', ...ones]));
      return;
    }
    state.operation(node, [x], (form, [value]) =>
      combine(
        form,
        value!,
        lengths.map((_, i) => form.axis(value!, i + 2)),
      ),
    );
  };

const keep = { keepDims: true } as const;

export const poolNodes: Operators = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: globalPool(({ ops }, x, axes) => ops.mean(x, axes, keep)),
  GlobalMaxPool: globalPool(({ ops }, x, axes) => ops.max(x, axes, keep)),
};
