// @internal
import { badArgument } from '../../core/errors.js';
import type { OnnxAttributes } from '../../layers/index.js';
import { type Axis, axesOf } from '../../ops/axes.js';
import type { ConvolutionOptions, SliceRange, StepWindowsOptions } from '../../ops/operations/index.js';
import type { Ops } from '../../ops/ops.js';
import { type PoolWindow, poolSizes } from '../../ops/pool-windows.js';
import { transposedSizes, transposedWindows } from '../../ops/transposed-windows.js';
import type { UpsampleOptions } from '../../ops/upsampling.js';
import { Value } from '../../ops/value.js';
import { imagesOf, type Pair, windowSizes, windowsOver } from '../../ops/windows.js';
import { sizeOf } from '../../tensor/tensor.js';
import { elementTypes } from '../messages.js';
import { attention, attentionWeights } from './attention.js';
import type { Emission } from './emission.js';
import { gru, lstm, simpleRnn } from './recurrent.js';

/** Writes an operation as nodes and returns the name of its result. */
export type Form = (e: Emission) => string;

const same =
  (operator: string, attributes: OnnxAttributes = {}): Form =>
  (e) =>
    e.node(operator, [e.name(0)], attributes);

const pair =
  (operator: string): Form =>
  (e) =>
    e.node(operator, [e.name(0), e.name(1)]);

/** Truth values as numbers. */
const comparison =
  (operator: string): Form =>
  (e) =>
    e.node('Cast', [e.node(operator, [e.name(0), e.name(1)])], {
      to: e.isFloat64 ? elementTypes.float64 : elementTypes.float32,
    });

const float = (value: unknown, fallback: number) => ({ float: (value as number | undefined) ?? fallback });

/** Reductions: sums take their axes as an input, others as an attribute. */
const reduction =
  (operator: string): Form =>
  (e) => {
    const [, axis, options = {}] = e.call.args as [Value, Axis | undefined, { keepDims?: boolean }?];
    const axes = axesOf(e.call.operation, axis, e.value(0)?.rank ?? 0);
    const keepdims = Number(options.keepDims ?? false);
    if (operator === 'ReduceSum') return e.node(operator, [e.name(0), e.integers(axes)], { keepdims });
    return e.node(operator, [e.name(0)], { axes, keepdims });
  };

const exchanged = (rank: number) => Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));

function matmul(e: Emission): string {
  const { transposeA = false, transposeB = false } = (e.call.args[2] ?? {}) as Parameters<Ops['matmul']>[2] & object;
  const turned = (i: number, isTurned: boolean) =>
    isTurned ? e.node('Transpose', [e.name(i)], { perm: exchanged(e.value(i)!.rank) }) : e.name(i);
  return e.node('MatMul', [turned(0, transposeA), turned(1, transposeB)]);
}

function affine(e: Emission): string {
  const [x, w, b] = [e.value(0)!, e.value(1)!, e.value(2)];
  if (x.rank === 2) return e.node('Gemm', [e.name(0), e.name(1), ...(b ? [e.nameAs(b, [w.shape[1]!])] : [])]);
  const product = e.node('MatMul', [e.name(0), e.name(1)]);
  return b ? e.node('Add', [product, e.nameAs(b, [w.shape[1]!])]) : product;
}

/** A Reshape, or Flatten where rows become vectors. */
function reshape(e: Emission): string {
  const [x, { result }] = [e.value(0)!, e.call];
  const target = e.targetShape(result);
  const open = target.filter((length) => length === -1).length;
  const [first] = e.extents(x);
  const [to] = e.extents(result);
  const isRows = [first, to].every((extent) => typeof extent === 'object' && extent.rows === 1);
  if (target.length === 2 && target[0] === -1 && open === 1 && isRows && x.rank > 2)
    return e.node('Flatten', [e.name(0)]);
  if (open > 1) throw badArgument('reshape', 'one length that depends on the rows', `${open} of them`);
  const isSame = x.shape.join() === result.shape.join();
  return e.withLengths(e.node('Reshape', [e.name(0), e.integers(target)]), isSame ? e.lengthsOf(e.name(0)) : undefined);
}

/** The product of two masks of lengths is that of the smaller ones. */
function multiply(e: Emission): string {
  const [a, b] = [0, 1].map((i) => (e.value(i) ? e.lengthsOf(e.name(i)) : undefined));
  const isSame = e.value(0)?.shape.join() === e.value(1)?.shape.join();
  const lengths = isSame && a !== undefined && b !== undefined;
  return e.withLengths(pair('Mul')(e), lengths ? e.node('Min', [a, b]) : undefined);
}

function transpose(e: Emission): string {
  const { rank } = e.value(0)!;
  const given = e.call.args[1] as readonly number[] | undefined;
  const perm = given?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? exchanged(rank);
  return e.node('Transpose', [e.name(0)], { perm });
}

function slice(e: Emission): string {
  const ranges = (e.call.args.slice(1) as readonly (SliceRange | null | undefined)[]).flatMap((range, axis) => {
    const { from, to, step = 1 } = range ?? {};
    if (from === undefined && to === undefined && step === 1) return [];
    const isUp = step > 0;
    return { axis, from: from ?? (isUp ? 0 : 2 ** 31 - 1), to: to ?? (isUp ? 2 ** 31 - 1 : -(2 ** 31 - 1)), step };
  });
  if (ranges.length === 0) return e.node('Identity', [e.name(0)]);
  const lists = (['from', 'to', 'axis', 'step'] as const).map((key) => e.integers(ranges.map((range) => range[key])));
  return e.node('Slice', [e.name(0), ...lists]);
}

function concatenate(e: Emission): string {
  const [values, axis = -1] = e.call.args as [readonly Value[], number?];
  return e.node(
    'Concat',
    values.map((value) => e.nameOf(value)),
    { axis },
  );
}

function gather(e: Emission): string {
  const [, indices, axis = 0] = e.call.args as [Value, ArrayLike<number> | Value, number?];
  if (indices instanceof Value) return e.node('Gather', [e.name(0), e.name(1)], { axis: 0 });
  return e.node('Gather', [e.name(0), e.integers(Array.from(indices))], { axis });
}

function where(e: Emission): string {
  const condition = e.node('Cast', [e.name(0)], { to: elementTypes.bool });
  return e.node('Where', [condition, e.name(1), e.name(2)]);
}

/** PRelu takes slopes that broadcast to its rows; others are x above 0, slope · x below. */
function prelu(e: Emission): string {
  const [x, slope] = [e.value(0), e.value(1)];
  const isOneWay = x && x.shape.join() === e.call.result.shape.join() && (slope?.rank ?? 0) <= x.rank;
  if (isOneWay) return e.node('PRelu', [e.name(0), e.name(1)]);
  const isAbove = e.node('Greater', [e.name(0), e.scalar(0)]);
  return e.node('Where', [isAbove, e.name(0), e.node('Mul', [e.name(0), e.name(1)])]);
}

function convolution(e: Emission): string {
  const [x, w, b, options = {}] = e.call.args as [Value, Value, Value | undefined, ConvolutionOptions?];
  const kernelSize = w.shape.slice(2) as unknown as Pair;
  const { groups = 1, ...window } = options;
  const sizes = windowSizes({ ...window, kernelSize });
  const windows = windowsOver(imagesOf('convolution', x), sizes, 'kernelSize');
  // ONNX wants top, left, bottom, right. 'same' has the odd one of its padding at the bottom and at the right.
  const behind = windows.map(({ input, output, kernel, stride, pad, dilation }) =>
    sizes.padding === 'same' ? Math.max((output - 1) * stride + (kernel - 1) * dilation + 1 - input - pad, 0) : pad,
  );
  return e.node('Conv', [e.name(0), e.name(1), ...(b ? [e.nameAs(b, [w.shape[0]!])] : [])], {
    kernel_shape: w.shape.slice(2),
    strides: sizes.stride,
    pads: [...windows.map(({ pad }) => pad), ...behind],
    dilations: sizes.dilation,
    group: groups,
  });
}

function convTranspose(e: Emission): string {
  const [x, w, b, options = {}] = e.call.args as Parameters<Ops['convTranspose']>;
  const { groups = 1, ...window } = options;
  const sizes = transposedSizes({ ...window, kernelSize: w.shape.slice(2) as unknown as Pair });
  const windows = transposedWindows(imagesOf('convTranspose', x), sizes);
  /** The length to cut off behind; where the result is longer, it is padding of the output. */
  const behind = windows.map(
    ({ input, output, kernel, stride, pad, dilation }) =>
      (output - 1) * stride + (kernel - 1) * dilation + 1 - pad - input,
  );
  return e.node('ConvTranspose', [e.name(0), e.name(1), ...(b ? [e.nameAs(b, [w.shape[1]! * groups])] : [])], {
    kernel_shape: w.shape.slice(2),
    strides: sizes.stride,
    pads: [...windows.map(({ pad }) => pad), ...behind.map((cut) => Math.max(cut, 0))],
    output_padding: behind.map((cut) => Math.max(-cut, 0)),
    dilations: sizes.dilation,
    group: groups,
  });
}

const pool =
  (operator: string, attributes: OnnxAttributes = {}): Form =>
  (e) => {
    const { poolSize, stride, padding } = poolSizes(e.call.args[1] as PoolWindow);
    const sizes = { kernel_shape: poolSize, strides: stride, pads: [...padding, ...padding] };
    return e.node(operator, [e.name(0)], { ...sizes, ...attributes });
  };

/** ONNX keeps the height and width of 1, which Flatten removes. */
const globalPool =
  (operator: string): Form =>
  (e) =>
    e.node('Flatten', [e.node(operator, [e.name(0)])]);

function upsample(e: Emission): string {
  const { mode = 'nearest' } = e.call.args[1] as UpsampleOptions;
  const lengths = e.call.result.shape.slice(2);
  const leading = e.node('Shape', [e.name(0)], { start: 0, end: 2 });
  const sizes = e.node('Concat', [leading, e.integers(lengths)], { axis: 0 });
  const attributes =
    mode === 'nearest'
      ? { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
      : { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  return e.node('Resize', [e.name(0), '', '', sizes], attributes);
}

function batchNorm(e: Emission): string {
  const operands = e.call.args[1] as Parameters<Ops['batchNorm']>[1];
  const { gamma, beta, mean, variance, epsilon = 1e-5, momentum = 0.9 } = operands;
  if (operands.training) throw badArgument('call', 'the running statistics outside of training', 'those of the batch');
  const constants = [gamma, beta, mean, variance].map((value) => e.nameAs(value, [value.size]));
  return e.node('BatchNormalization', [e.name(0), ...constants], {
    epsilon: { float: epsilon },
    momentum: { float: momentum },
  });
}

/** Sums of rows of a table, each times a weight: a product of a row of weights with the rows. */
function embeddingBag(e: Emission): string {
  const rows = e.node('Gather', [e.name(0), e.name(1)], { axis: 0 });
  const product = e.node('MatMul', [e.node('Unsqueeze', [e.name(2), e.integers([-2])]), rows]);
  return e.node('Squeeze', [product, e.integers([-2])]);
}

/** 1 where whole numbers are not 0: truth values as numbers. */
function nonZero(e: Emission): string {
  const truth = e.node('Cast', [e.name(0)], { to: elementTypes.bool });
  return e.node('Cast', [truth], { to: e.isFloat64 ? elementTypes.float64 : elementTypes.float32 });
}

/** Places of steps below each length. */
function stepMask(e: Emission): string {
  const steps = e.call.result.shape[1]!;
  const lengths = e.node('Cast', [e.name(0)], { to: elementTypes.int64 });
  const column = e.node('Unsqueeze', [lengths, e.integers([1])]);
  const truth = e.node('Less', [e.integers(Array.from({ length: steps }, (_, t) => t)), column]);
  const mask = e.node('Cast', [truth], { to: e.isFloat64 ? elementTypes.float64 : elementTypes.float32 });
  return e.withLengths(mask, e.name(0));
}

/** Steps of windows by their places, in a sequence with zeros around it. */
function stepWindows(e: Emission): string {
  const { padding: [before, behind] = [0, 0], stride = 1, dilation = 1 } = e.call.args[1] as StepWindowsOptions;
  const [, windows, size, features] = e.call.result.shape as readonly [number, number, number, number];
  const places = Array.from(
    { length: windows * size },
    (_, i) => Math.floor(i / size) * stride + (i % size) * dilation,
  );
  const around = [0, before, 0, 0, behind, 0];
  const x = before + behind > 0 ? e.node('Pad', [e.name(0), e.integers(around)]) : e.name(0);
  const steps = e.node('Gather', [x, e.integers(places)], { axis: 1 });
  return e.node('Reshape', [steps, e.integers([-1, windows, size, features])]);
}

/** A Conv, which has the features in front of the steps. */
function conv1d(e: Emission): string {
  const [, w, b, options = {}] = e.call.args as Parameters<Ops['conv1d']>;
  const { stride = 1, padding = [0, 0], dilation = 1, groups = 1 } = options;
  const weights = e.node('Transpose', [e.name(1)], { perm: [2, 1, 0] });
  const x = e.node('Transpose', [e.name(0)], { perm: [0, 2, 1] });
  const y = e.node('Conv', [x, weights, ...(b ? [e.nameAs(b, [w.shape[2]!])] : [])], {
    kernel_shape: [w.shape[0]!],
    strides: [stride],
    pads: padding,
    dilations: [dilation],
    group: groups,
  });
  return e.node('Transpose', [y], { perm: [0, 2, 1] });
}

function layerNorm(e: Emission): string {
  const [x, gamma, beta, epsilon] = e.call.args as Parameters<Ops['layerNorm']>;
  const constants = [gamma, beta].map((value) => e.nameAs(value, [value.size]));
  return e.node('LayerNormalization', [e.nameOf(x), ...constants], { axis: -1, epsilon: float(epsilon, 1e-5) });
}

/** Groups as channels of an InstanceNormalization, since GroupNormalization came later. */
function groupNorm(e: Emission): string {
  const [x, gamma, beta, groups, epsilon] = e.call.args as Parameters<Ops['groupNorm']>;
  const channels = gamma.size;
  const isSequence = x.rank === 3;
  const dims = e.targetShape(e.call.result);
  const first = isSequence ? e.node('Transpose', [e.nameOf(x)], { perm: [0, 2, 1] }) : e.nameOf(x);
  const grouped = e.node('Reshape', [first, e.integers([dims[0]!, groups, sizeOf(x.shape.slice(1)) / groups])]);
  const [ones, zeros] = [1, 0].map((value) => e.floats(Array.from({ length: groups }, () => value)));
  const normal = e.node('InstanceNormalization', [grouped, ones!, zeros!], { epsilon: float(epsilon, 1e-5) });
  const places = isSequence ? [x.shape[1]!] : x.shape.slice(2);
  const back = e.node('Reshape', [normal, e.integers([dims[0]!, channels, ...places])]);
  const each = [channels, ...places.map(() => 1)];
  const y = e.node('Add', [e.node('Mul', [back, e.nameAs(gamma, each)]), e.nameAs(beta, each)]);
  return isSequence ? e.node('Transpose', [y], { perm: [0, 2, 1] }) : y;
}

/** x / √(mean x² + ε) · gamma; the operator RMSNormalization came later. */
function rmsNorm(e: Emission): string {
  const [x, gamma, epsilon = 1e-5] = e.call.args as Parameters<Ops['rmsNorm']>;
  const square = e.node('Mul', [e.nameOf(x), e.nameOf(x)]);
  const mean = e.node('ReduceMean', [square], { axes: [-1], keepdims: 1 });
  const root = e.node('Sqrt', [e.node('Add', [mean, e.scalar(epsilon)])]);
  return e.node('Mul', [e.node('Div', [e.nameOf(x), root]), e.nameAs(gamma, [gamma.size])]);
}

/** x · tanh(softplus(x)); the operator Mish came later. */
function mish(e: Emission): string {
  return e.node('Mul', [e.name(0), e.node('Tanh', [e.node('Softplus', [e.name(0)])])]);
}

/** x · (1 + erf(x / √2)) · 0.5; the operator Gelu came later. */
function gelu(e: Emission): string {
  const erf = e.node('Erf', [e.node('Div', [e.name(0), e.scalar(Math.SQRT2)])]);
  const product = e.node('Mul', [e.name(0), e.node('Add', [erf, e.scalar(1)])]);
  return e.node('Mul', [product, e.scalar(0.5)]);
}

/** The ONNX form of each operation. A new operation gets a line here. */
export const forms: Readonly<Record<keyof Ops, Form>> = {
  add: pair('Add'),
  subtract: pair('Sub'),
  multiply,
  divide: pair('Div'),
  power: pair('Pow'),
  maximum: pair('Max'),
  minimum: pair('Min'),
  negate: same('Neg'),
  square: (e) => e.node('Mul', [e.name(0), e.name(0)]),
  abs: same('Abs'),
  exp: same('Exp'),
  log: same('Log'),
  sqrt: same('Sqrt'),
  clip: (e) => e.node('Clip', [e.name(0), e.name(1), e.name(2)]),
  greater: comparison('Greater'),
  greaterOrEqual: comparison('GreaterOrEqual'),
  less: comparison('Less'),
  lessOrEqual: comparison('LessOrEqual'),
  equal: comparison('Equal'),
  where,
  sigmoid: same('Sigmoid'),
  tanh: same('Tanh'),
  relu: same('Relu'),
  leakyRelu: (e) => e.node('LeakyRelu', [e.name(0)], { alpha: float(e.call.args[1], 0.01) }),
  elu: (e) => e.node('Elu', [e.name(0)], { alpha: float(e.call.args[1], 1) }),
  gelu,
  silu: (e) => e.node('Mul', [e.name(0), e.node('Sigmoid', [e.name(0)])]),
  softplus: same('Softplus'),
  selu: same('Selu'),
  relu6: (e) => e.node('Clip', [e.name(0), e.scalar(0), e.scalar(6)]),
  hardSigmoid: (e) =>
    e.node('HardSigmoid', [e.name(0)], { alpha: float(e.call.args[1], 1 / 6), beta: float(e.call.args[2], 0.5) }),
  hardSwish: same('HardSwish'),
  mish,
  softsign: same('Softsign'),
  prelu,
  matmul,
  affine,
  attention,
  attentionWeights,
  sum: reduction('ReduceSum'),
  mean: reduction('ReduceMean'),
  max: reduction('ReduceMax'),
  min: reduction('ReduceMin'),
  softmax: (e) => e.node('Softmax', [e.name(0)], { axis: (e.call.args[1] as number | undefined) ?? -1 }),
  logSoftmax: (e) => e.node('LogSoftmax', [e.name(0)], { axis: (e.call.args[1] as number | undefined) ?? -1 }),
  reshape,
  transpose,
  slice,
  concatenate,
  gather,
  embedding: (e) => e.node('Gather', [e.name(0), e.name(1)], { axis: 0 }),
  embeddingBag,
  nonZero,
  stepMask,
  stepWindows,
  conv1d,
  layerNorm,
  groupNorm,
  rmsNorm,
  convolution,
  convTranspose,
  maxPool: pool('MaxPool'),
  averagePool: pool('AveragePool', { count_include_pad: 1 }),
  globalAveragePool: globalPool('GlobalAveragePool'),
  globalMaxPool: globalPool('GlobalMaxPool'),
  upsample,
  batchNorm,
  lstm,
  gru,
  simpleRnn,
  dropout: () => {
    throw badArgument('call', 'no dropout outside of training, as context.training says,', 'dropout');
  },
};
