import {
  type Activation,
  ActivationLayer,
  type ActivationOptions,
  ClassificationLayer,
} from '../../../layers/index.js';
import type { Ops } from '../../../ops/ops.js';
import type { Value } from '../../../ops/value.js';
import { sizeOf } from '../../../tensor/tensor.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';
import type { GraphOperator, Operators } from '../node-table.js';
import { isEnd } from '../quantized/ends.js';
import { quote } from '../quote.js';
import type { RowOps } from '../recorder.js';
import { activate } from './activate.js';
import { elementwise } from './elementwise.js';

/** The operator of an activation; `read` reads its attributes. */
const activation =
  (read: (node: OnnxNode) => Activation | ActivationOptions): GraphOperator =>
  (state, node) => {
    const given = read(node);
    const { name, ...constants } = typeof given === 'string' ? { name: given } : given;
    const apply = (ops: RowOps, x: Value) =>
      (ops[name as keyof Ops & 'elu'] as (x: Value, ...constants: number[]) => Value)(
        x,
        ...(Object.values(constants) as number[]),
      );
    activate(state, node, state.floats(node), () => new ActivationLayer(given), apply);
  };

/** x above 0, alpha · (e^(x/divisor) − 1) below, all of it times gamma. */
function exponentialBelow({ ops }: Form, x: Value, alpha: number, divisor: number, gamma: number): Value {
  // The branch that is not taken must not be infinite, which would make NaN of the gradient.
  const below = ops.minimum(x, 0);
  const curve = ops.multiply(ops.subtract(ops.exp(ops.divide(below, divisor)), 1), alpha * gamma);
  return ops.where(ops.greater(x, 0), ops.multiply(x, gamma), curve);
}

/** 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) */
function geluByTanh(form: Form, x: Value): Value {
  const { ops } = form;
  const cubed = ops.multiply(ops.multiply(ops.multiply(x, x), x), 0.044715);
  const inner = ops.multiply(ops.add(x, cubed), Math.sqrt(2 / Math.PI));
  return ops.multiply(
    ops.multiply(x, 0.5),
    ops.add(
      form.flat(inner, (value) => ops.tanh(value)),
      1,
    ),
  );
}

const isNear = (value: number, expected: number) => Math.abs(value - expected) < 1e-5;

function selu(state: GraphImport, node: OnnxNode): void {
  const [alpha, gamma] = [node.float('alpha', 1.6732632), node.float('gamma', 1.050701)];
  if (isNear(alpha, 1.6732632) && isNear(gamma, 1.050701)) activation(() => 'selu')(state, node);
  else elementwise(state, node, (form, x) => exponentialBelow(form, x, alpha, 1, gamma));
}

function hardSigmoid(node: OnnxNode): ActivationOptions {
  const alpha = node.float('alpha', 0.2);
  // The default of layers has no short decimal.
  const isSixth = Math.fround(alpha) === Math.fround(1 / 6);
  return { name: 'hardSigmoid', alpha: isSixth ? 1 / 6 : alpha, beta: node.float('beta', 0.5) };
}

function gelu(state: GraphImport, node: OnnxNode): void {
  const kind = node.string('approximate', 'none');
  if (kind === 'none') activation(() => 'gelu')(state, node);
  else if (kind === 'tanh') elementwise(state, node, geluByTanh);
  else throw node.bad("approximate = 'none' or 'tanh'", quote(kind));
}

function swish(state: GraphImport, node: OnnxNode): void {
  const alpha = node.float('alpha', 1);
  if (alpha === 1) activation(() => 'silu')(state, node);
  else
    elementwise(state, node, (form, x) => {
      const { ops } = form;
      return ops.multiply(
        x,
        form.flat(ops.multiply(x, alpha), (value) => ops.sigmoid(value)),
      );
    });
}

/** Clip; its bounds were attributes before operator set 11. */
function clip(state: GraphImport, node: OnnxNode): void {
  const x = state.input(node, 0);
  const low = state.scalar(node, 1) ?? node.float('min', Number.NEGATIVE_INFINITY);
  const high = state.scalar(node, 2) ?? node.float('max', Number.POSITIVE_INFINITY);
  if (low === 0 && high === 6 && x.kind === 'rows') {
    activate(
      state,
      node,
      x,
      () => new ActivationLayer('relu6'),
      (ops, value) => ops.relu6(value),
    );
    return;
  }
  elementwise(state, node, ({ ops }, value) => {
    // Where the bounds are the wrong way round, ONNX takes the upper one.
    if (low > high) return ops.where(0, value, high);
    const [from, to] = [low, high].map((bound) => (Number.isFinite(bound) ? bound : undefined));
    if (from !== undefined && to !== undefined) return ops.clip(value, from, to);
    if (from !== undefined) return ops.maximum(value, from);
    return to === undefined ? value : ops.minimum(value, to);
  });
}

/** PRelu: the slopes are learned. */
function prelu(state: GraphImport, node: OnnxNode): void {
  const [x, slope] = [state.floats(node), state.floats(node, 1)];
  const rank = state.dims(x).length;
  if (state.dims(slope).length > rank) throw node.bad('slopes that broadcast to the rows', `[${state.dims(slope)}]`);
  state.operation(node, [x, slope], (form, values) => {
    const [input, below] = form.aligned(values);
    return form.ops.prelu(input!, below!);
  });
}

/** The numbers from an axis on as one last dimension, as Softmax had them before operator set 13. */
function joined(form: Form, x: Value, axis: number): [Value, (y: Value) => Value] {
  const dims = form.dims(x);
  const after = dims.slice(axis) as number[];
  const y = form.reshape(x, [...dims.slice(0, axis), sizeOf(after)]);
  return [y, (result) => form.reshape(result, dims)];
}

/** Softmax, LogSoftmax and Hardmax, along the last dimension of a value. */
function along(apply: (form: Form, x: Value) => Value): GraphOperator {
  return (state, node) => {
    const x = state.floats(node);
    const dims = state.dims(x);
    const isOld = state.graph.opset < 13;
    const axis = node.int('axis', isOld ? 1 : -1);
    const place = axis < 0 ? axis + dims.length : axis;
    const isLast = place === dims.length - 1;
    const isOutput = isEnd(state.graph, node.outputs[0]);
    if (
      /Softmax$/.test(node.operator) &&
      node.operator !== 'LogSoftmax' &&
      x.kind === 'rows' &&
      isOutput &&
      state.batching === 'rows'
    ) {
      const isWhole = place === 1 && (dims.length === 2 || (dims.length === 4 && isOld));
      if (isWhole || (isLast && dims.length === 3)) {
        state.layer(node, new ClassificationLayer('softmax'), [x]);
        return;
      }
    }
    state.operation(node, [x], (form, [value]) => {
      form.axis(value!, axis);
      if (isLast) return apply(form, value!);
      const [last, back] = isOld ? joined(form, value!, place) : form.last(value!, place);
      return back(apply(form, last));
    });
  };
}

/** 1 at the first of the largest numbers, else 0. */
function hardmax({ ops }: Form, x: Value): Value {
  const part = (value: Value, to: number) => ops.slice(value, ...x.shape.slice(1).map(() => null), { from: 0, to });
  const largest = ops.equal(x, ops.max(x, -1, { keepDims: true }));
  const count = x.shape.at(-1)!;
  if (count === 1) return largest;
  /** Moved to the right, with zeros in front. */
  const moved = (value: Value, by: number) =>
    ops.concatenate([ops.multiply(part(value, by), 0), part(value, count - by)], -1);
  // How many largest numbers stand in front of each place: sums of 1, 2, 4 … of them.
  let before = moved(largest, 1);
  for (let by = 1; by < count; by *= 2) before = ops.add(before, moved(before, by));
  return ops.multiply(largest, ops.equal(before, 0));
}

export const activationNodes: Operators = {
  Relu: activation(() => 'relu'),
  Sigmoid: activation(() => 'sigmoid'),
  Tanh: activation(() => 'tanh'),
  Softplus: activation(() => 'softplus'),
  LeakyRelu: activation((node) => ({ name: 'leakyRelu', slope: node.float('alpha', 0.01) })),
  Elu: activation((node) => ({ name: 'elu', alpha: node.float('alpha', 1) })),
  HardSigmoid: activation(hardSigmoid),
  HardSwish: activation(() => 'hardSwish'),
  Mish: activation(() => 'mish'),
  Softsign: activation(() => 'softsign'),
  Gelu: gelu,
  Swish: swish,
  Selu: selu,
  Celu: (state, node) => {
    const alpha = node.float('alpha', 1);
    if (alpha === 1) activation(() => 'elu')(state, node);
    else elementwise(state, node, (form, x) => exponentialBelow(form, x, alpha, alpha, 1));
  },
  ThresholdedRelu: (state, node) => {
    const alpha = node.float('alpha', 1);
    elementwise(state, node, ({ ops }, x) => ops.where(ops.greater(x, alpha), x, 0));
  },
  Shrink: (state, node) => {
    const [bias, lambd] = [node.float('bias', 0), node.float('lambd', 0.5)];
    elementwise(state, node, ({ ops }, x) => {
      const above = ops.where(ops.greater(x, lambd), ops.subtract(x, bias), 0);
      return ops.where(ops.less(x, -lambd), ops.add(x, bias), above);
    });
  },
  Clip: clip,
  PRelu: prelu,
  Softmax: along(({ ops }, x) => ops.softmax(x)),
  LogSoftmax: along(({ ops }, x) => ops.logSoftmax(x)),
  Hardmax: along(hardmax),
};
