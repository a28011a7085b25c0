import { BatchNormLayer, GroupNormLayer, LayerNormLayer } from '../../../layers/index.js';
import type { Value } from '../../../ops/value.js';
import { sizeOf } from '../../../tensor/tensor.js';
import type { ConstantValue } from '../constant.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { RowsValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import { quote } from '../quote.js';
import { surrounded } from './pad.js';

const keep = { keepDims: true } as const;

/** BatchNormalization with constant statistics: a batch norm layer. */
function batchNormalization(state: GraphImport, node: OnnxNode): void {
  // Before operator set 14, more outputs than one meant that statistics are taken from the batch.
  const others = node.outputs.slice(1).find((name) => name !== '');
  if (others !== undefined)
    throw node.bad('batch normalization for inference, with one output', `output ${quote(others)}`);
  node.requireInt('training_mode', 0, [0]);
  node.requireInt('spatial', 1, [1]);
  const [epsilon, momentum] = [node.float('epsilon', 1e-5), node.float('momentum', 0.9)];
  const x = state.floats(node);
  const dims = state.dims(x);
  const features = dims[1];
  if (typeof features !== 'number') throw node.bad('rows of features', `shape [${dims.join(', ')}]`);
  if (x.kind === 'rows' && dims[0] === 'rows' && dims.length <= 4) {
    const layer = node.naming(
      () => new BatchNormLayer(features, { epsilon, momentum, channelsFirst: dims.length === 3 }),
    );
    const weights = ['gamma', 'beta', 'mean', 'var'].map((name, i) => {
      const { values } = state.vector(node, i + 1, features);
      return [name, state.weightsOf([features], values)] as const;
    });
    state.layer(node, layer, [x], Object.fromEntries(weights));
    return;
  }
  const constants = [1, 2, 3, 4].map((i) => perChannel(state.vector(node, i, features), dims.length));
  state.operation(node, [x, ...constants], ({ ops }, [value, gamma, beta, mean, variance]) => {
    const centred = ops.subtract(value!, mean!);
    return ops.add(ops.multiply(ops.divide(centred, ops.sqrt(ops.add(variance!, epsilon))), gamma!), beta!);
  });
}

/** A constant with a number for each channel, which is the second of so many dimensions. */
function perChannel<Constant extends { readonly values: ArrayLike<number> }>(
  constant: Constant,
  rank: number,
): Constant {
  return { ...constant, shape: [constant.values.length, ...Array.from({ length: Math.max(rank - 2, 0) }, () => 1)] };
}

/** (x − mean) / √(variance + ε) over some dimensions of the operations. */
function normalized({ ops }: Form, x: Value, axes: readonly number[], epsilon: number): [Value, Value, Value] {
  const mean = ops.mean(x, axes, keep);
  const centred = ops.subtract(x, mean);
  const variance = ops.mean(ops.square(centred), axes, keep);
  const inverse = ops.divide(1, ops.sqrt(ops.add(variance, epsilon)));
  return [ops.multiply(centred, inverse), mean, inverse];
}

/** The dimensions from one on, as the operations count them. */
function axesFrom(form: Form, x: Value, axis: number): number[] {
  const first = form.place(x, axis);
  return Array.from({ length: form.rank(x) - first }, (_, i) => form.axis(x, first + i));
}

/** LayerNormalization of rows over the last dimension by constants: a layer norm layer. Tells whether it is that. */
function asLayerNorm(
  state: GraphImport,
  node: OnnxNode,
  x: RowsValue | ConstantValue,
  { axis, epsilon }: { readonly axis: number; readonly epsilon: number },
): boolean {
  const dims = state.dims(x);
  const features = dims.at(-1);
  const isLast = axis === -1 || axis === dims.length - 1;
  const parameters = [1, 2].flatMap((i) => (state.has(node, i) ? [state.input(node, i)] : []));
  const areConstant = parameters.every(({ kind, ...value }) => {
    return kind === 'constant' && 'shape' in value && value.shape.length === 1 && value.shape[0] === features;
  });
  const isAlone = node.outputs.slice(1).every((name) => name === '');
  if (x.kind !== 'rows' || dims.length < 2 || typeof features !== 'number') return false;
  if (!isLast || !areConstant || !isAlone || !(epsilon > 0)) return false;
  const layer = node.naming(() => new LayerNormLayer({ epsilon }));
  const gamma = state.vector(node, 1, features).values;
  const beta = state.has(node, 2) ? state.vector(node, 2, features).values : new Float64Array(features);
  const weights = { gamma: state.weightsOf([features], gamma), beta: state.weightsOf([features], beta) };
  state.layer(node, layer, [x], weights);
  return true;
}

/** A group norm layer for images or vectors that are rows, where channels come first. Tells whether it is that. */
function asGroupNorm(
  state: GraphImport,
  node: OnnxNode,
  x: RowsValue | ConstantValue,
  { groups, epsilon, constants }: GroupNorm,
): boolean {
  const dims = state.dims(x);
  const isLayer = x.kind === 'rows' && dims[0] === 'rows' && (dims.length === 2 || dims.length === 4) && epsilon > 0;
  if (!isLayer) return false;
  const layer = node.naming(() => new GroupNormLayer(groups, { epsilon }));
  const [gamma, beta] = constants.map(({ values }) => state.weightsOf([values.length], values));
  state.layer(node, layer, [x], { gamma: gamma!, beta: beta! });
  return true;
}

interface GroupNorm {
  readonly groups: number;
  readonly epsilon: number;
  /** A number for each channel. */
  readonly constants: readonly ConstantValue[];
}

/** LayerNormalization over the last dimensions, with its mean and its inverse deviation. */
function layerNormalization(state: GraphImport, node: OnnxNode): void {
  const [axis, epsilon] = [node.int('axis', -1), node.float('epsilon', 1e-5)];
  node.int('stash_type', 1);
  const x = state.floats(node);
  if (asLayerNorm(state, node, x, { axis, epsilon })) return;
  const scale = state.has(node, 1) ? [state.floats(node, 1)] : [];
  const bias = state.has(node, 2) ? [state.floats(node, 2)] : [];
  state.operation(node, [x, ...scale, ...bias], (form, [value, ...others]) => {
    const [y] = normalized(form, value!, axesFrom(form, value!, axis), epsilon);
    const [gamma, beta] = [scale.length > 0 ? others[0] : undefined, bias.length > 0 ? others.at(-1) : undefined];
    const scaled = gamma ? scaledBy(form, node, value!, y, gamma, (a, b) => form.ops.multiply(a, b)) : y;
    return beta ? scaledBy(form, node, value!, scaled, beta, (a, b) => form.ops.add(a, b)) : scaled;
  });
  for (const output of [1, 2]) {
    if ((node.outputs[output] ?? '') === '') continue;
    state.operation(
      node,
      [x],
      (form, [value]) => normalized(form, value!, axesFrom(form, value!, axis), epsilon)[output]!,
      { output },
    );
  }
}

/** Multiplies or adds an operand that broadcasts to the rows. */
function scaledBy(
  form: Form,
  node: OnnxNode,
  x: Value,
  y: Value,
  operand: Value,
  apply: (a: Value, b: Value) => Value,
): Value {
  const rank = form.rank(operand);
  const meetsRows = form.batching === 'rows' && rank === form.rank(x) && rank > 0 && operand.shape[0] !== 1;
  if (form.isConstant(operand) && (rank > form.rank(x) || meetsRows)) {
    throw node.bad('a scale that broadcasts to the rows', `[${operand.shape.join(', ')}]`);
  }
  const [, fitted] = form.aligned([x, operand]);
  return apply(y, fitted!);
}

/** RMSNormalization over the last dimensions. */
function rmsNormalization(state: GraphImport, node: OnnxNode): void {
  const [axis, epsilon] = [node.int('axis', -1), node.float('epsilon', 1e-5)];
  node.int('stash_type', 1);
  state.operation(node, [state.floats(node), state.floats(node, 1)], (form, [x, scale]) => {
    const { ops } = form;
    const square = ops.mean(ops.square(x!), axesFrom(form, x!, axis), keep);
    const y = ops.divide(x!, ops.sqrt(ops.add(square, epsilon)));
    return scaledBy(form, node, x!, y, scale!, (a, b) => ops.multiply(a, b));
  });
}

/** InstanceNormalization: each channel of each row by itself. */
function instanceNormalization(state: GraphImport, node: OnnxNode): void {
  const epsilon = node.float('epsilon', 1e-5);
  const x = state.floats(node);
  const rank = state.dims(x).length;
  const channels = state.dims(x)[1];
  if (rank < 3 || typeof channels !== 'number')
    throw node.bad('rows of channels', `shape [${state.dims(x).join(', ')}]`);
  const constants = [1, 2].map((i) => state.vector(node, i, channels));
  if (asGroupNorm(state, node, x, { groups: channels, epsilon, constants })) return;
  const [scale, bias] = [1, 2].map((i) => perChannel(state.vector(node, i, channels), rank));
  state.operation(node, [x, scale!, bias!], (form, [value, gamma, beta]) => {
    const [y] = normalized(form, value!, axesFrom(form, value!, 2), epsilon);
    return form.ops.add(form.ops.multiply(y, gamma!), beta!);
  });
}

/** GroupNormalization: groups of channels of each row by themselves. */
function groupNormalization(state: GraphImport, node: OnnxNode): void {
  const epsilon = node.float('epsilon', 1e-5);
  const groups = node.int('num_groups', 1);
  node.int('stash_type', 1);
  const x = state.floats(node);
  const dims = state.dims(x);
  const channels = dims[1];
  const isSplit = typeof channels === 'number' && groups >= 1 && channels % groups === 0;
  if (dims.length < 2 || !isSplit) throw node.bad('channels in groups of one size', `shape [${dims.join(', ')}]`);
  // Before operator set 21, there was a number for each group.
  const count = state.graph.opset < 21 ? groups : channels;
  const [scale, bias] = [1, 2].map((i) => {
    const constant = state.vector(node, i, count);
    const each = Array.from({ length: channels }, (_, c) => constant.values[Math.floor((c * count) / channels)]!);
    return perChannel({ ...constant, values: each }, dims.length);
  });
  if (asGroupNorm(state, node, x, { groups, epsilon, constants: [scale!, bias!] })) return;
  state.operation(node, [x, scale!, bias!], (form, [value, gamma, beta]) => {
    const { ops } = form;
    const rest = sizeOf(dims.slice(2) as number[]);
    const grouped = form.reshape(value!, [dims[0]!, groups, (channels / groups) * rest]);
    const last = grouped.rank - 1;
    const [y] = normalized(form, grouped, [last], epsilon);
    return ops.add(ops.multiply(form.reshape(y, dims), gamma!), beta!);
  });
}

/** LpNormalization: rows of length 1 along one dimension. */
function lpNormalization(state: GraphImport, node: OnnxNode): void {
  const [axis, p] = [node.int('axis', -1), node.int('p', 2)];
  if (p !== 1 && p !== 2) throw node.bad('p = 1 or 2', `${p}`);
  state.operation(node, [state.floats(node)], (form, [x]) => {
    const { ops } = form;
    const at = form.axis(x!, axis);
    const length = p === 1 ? ops.sum(ops.abs(x!), at, keep) : ops.sqrt(ops.sum(ops.square(x!), at, keep));
    // Numbers that are all 0 stay 0.
    return ops.divide(x!, ops.where(ops.equal(length, 0), 1, length));
  });
}

/** MeanVarianceNormalization: by default over all dimensions but the channels. */
function meanVarianceNormalization(state: GraphImport, node: OnnxNode): void {
  const axes = node.ints('axes') ?? [0, 2, 3];
  state.operation(node, [state.floats(node)], (form, [x]) => {
    const { ops } = form;
    const at = axes.map((axis) => form.axis(x!, axis));
    const centred = ops.subtract(x!, ops.mean(x!, at, keep));
    const deviation = ops.sqrt(ops.mean(ops.square(centred), at, keep));
    return ops.divide(centred, ops.add(deviation, 1e-9));
  });
}

/** LRN: each channel by the squares of those around it. */
function lrn(state: GraphImport, node: OnnxNode): void {
  const [alpha, beta, bias] = [node.float('alpha', 1e-4), node.float('beta', 0.75), node.float('bias', 1)];
  const size = node.int('size', 1);
  if (size < 1 || size > 64) throw node.bad('a size from 1 to 64', `${size}`);
  state.operation(node, [state.floats(node)], (form, [x]) => {
    const { ops } = form;
    const at = form.axis(x!, 1);
    const channels = x!.shape[at]!;
    const margin = { before: Math.floor((size - 1) / 2), behind: Math.ceil((size - 1) / 2) };
    const squares = surrounded(ops, ops.square(x!), at, margin, 0);
    const nulls = Array.from({ length: at }, () => null);
    const parts = Array.from({ length: size }, (_, i) => ops.slice(squares, ...nulls, { from: i, to: i + channels }));
    const sum = parts.reduce((total, part) => ops.add(total, part));
    return ops.divide(x!, ops.power(ops.add(ops.multiply(sum, alpha / size), bias), beta));
  });
}

export const normNodes: Operators = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  LRN: lrn,
};
