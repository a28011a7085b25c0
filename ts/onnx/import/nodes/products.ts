import { FullyConnectedLayer, QuantizedFullyConnectedLayer } from '../../../layers/index.js';
import type { Value } from '../../../ops/value.js';
import { aligned, giveBack } from '../aligned.js';
import type { ConstantValue } from '../constant.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { RowsValue } from '../graph-values.js';
import { layoutOf, withoutLayout } from '../layout.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';
import { int8WeightsOf } from '../quantized/int8-weights.js';

/** Gemm, α · A · B + β · C: a fully connected layer where A is rows and the others are constants. */
function gemm(state: GraphImport, node: OnnxNode): void {
  const [transA, transB] = [node.int('transA', 0) !== 0, node.int('transB', 0) !== 0];
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  const [a, b] = [factorOf(state, node, 0, transA ? undefined : 2), state.floats(node, 1)];
  const c = state.has(node, 2) ? state.floats(node, 2) : undefined;
  const ranks = [a, b].map((value) => state.extents(value).length);
  if (ranks.some((rank) => rank !== 2)) throw node.bad('two matrices', `${ranks.join(' and ')} dimensions`);
  const bias =
    c === undefined ? undefined : c.kind === 'constant' ? biasOf(c, state.dims(b)[transB ? 0 : 1] as number) : null;
  if (a.kind === 'rows' && b.kind === 'constant' && !transA && bias !== null) {
    connect(state, node, a, b, { transB, alpha, bias: bias?.map((value) => beta * value) });
    return;
  }
  if (a.kind === 'rows' && a.layout) state.floats(node); // refuses
  const operands = c ? [a, b, c] : [a, b];
  state.operation(node, operands, (form, [left, right, third]) => {
    const { ops } = form;
    const product = multiplied(
      node,
      form,
      transA ? turned(form, left!) : left!,
      transB ? turned(form, right!) : right!,
    );
    const scaled = alpha === 1 ? product : ops.multiply(product, alpha);
    if (!third) return scaled;
    const [, fitted] = form.aligned([left!, third]);
    return ops.add(scaled, beta === 1 ? fitted! : ops.multiply(fitted!, beta));
  });
}

/** The numbers of a bias of that many outputs; null for another constant. */
function biasOf({ shape, values }: ConstantValue, outputs: number): number[] | null {
  const isRow = shape.slice(0, -1).every((length) => length === 1) && shape.length <= 2;
  if (!isRow || (values.length !== outputs && values.length !== 1)) return null;
  return Array.from({ length: outputs }, (_, i) => values[values.length === 1 ? 0 : i]!);
}

interface Connection {
  readonly transB: boolean;
  readonly alpha: number;
  readonly bias: readonly number[] | undefined;
}

/** Gives the output of a fully connected layer. */
function connect(
  state: GraphImport,
  node: OnnxNode,
  x: RowsValue,
  constant: ConstantValue,
  { transB, alpha, bias }: Connection,
): void {
  const { shape, values } = constant;
  const [inputs, outputs] = transB ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!];
  const row = x.node.rowShape;
  if (row.at(-1) !== inputs) {
    throw node.bad(`rows of ${inputs} numbers for its weights`, `rows of shape [${row.join(', ')}]`);
  }
  const int8 = int8WeightsOf(state, x, constant, transB ? 0 : 1, alpha);
  const useBias = bias !== undefined;
  const layer = node.naming(() =>
    int8
      ? new QuantizedFullyConnectedLayer({ inputs, outputs, useBias })
      : new FullyConnectedLayer(inputs, outputs, useBias ? {} : { useBias }),
  );
  const weights = state.array(inputs * outputs);
  for (let i = 0, at = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++, at++) {
      const from = transB ? j * inputs + i : at;
      weights[at] = int8 ? int8.whole(from) : alpha * values[from]!;
    }
  }
  const result = state.layer(node, layer, [withoutLayout(int8?.source ?? x)], {
    W: { shape: [inputs, outputs], values: weights },
    ...int8?.parameters,
    ...(bias && { B: state.weightsOf([1, outputs], bias) }),
  });
  state.giveLaidOut(node, result, layoutOf(x));
}

/** MatMul: a fully connected layer where the second factor is a constant matrix, with the Add behind it as its bias. */
function matMul(state: GraphImport, node: OnnxNode): void {
  const both = [0, 1].map((i) => state.anyInput(node, i));
  const [a, b] = [factorOf(state, node, 0), both[1]!.kind === 'constant' ? state.floats(node, 1) : both[1]!];
  const isDense = a.kind === 'rows' && b.kind === 'constant' && b.shape.length === 2;
  if (isDense && state.extents(a).length >= 2) {
    const found = biasBehind(state, node, b.shape[1]!);
    connect(state, node, a, b, { transB: false, alpha: 1, bias: found?.bias });
    if (!found) return;
    state.give(found.add, state.value(node.outputs[0]!)!);
    state.done.add(found.add);
    return;
  }
  const areMatrices = both.every((value) => state.extents(value).length >= 2);
  const found = areMatrices ? aligned(state, node, both, 2) : undefined;
  if (found) {
    state.operation(node, found.operands, ({ ops }, [left, right]) => ops.matmul(left!, right!));
    giveBack(state, node, found.layout);
    return;
  }
  const factors = [state.floats(node), state.floats(node, 1)];
  state.operation(node, factors, (form, [left, right]) => multiplied(node, form, left!, right!));
}

/** A factor that is rows in any place but the last dimension, of a rank where it is given; else one as usual. */
function factorOf(state: GraphImport, node: OnnxNode, i: number, rank?: number): RowsValue | ConstantValue {
  const rows = state.anyRows(node, i);
  const dims = rows ? state.extents(rows) : [];
  const isFit = rows !== undefined && layoutOf(rows).at < dims.length - 1 && (rank ?? dims.length) === dims.length;
  return isFit ? rows : state.floats(node, i);
}

/** The Add of a constant that is the only one to take a product. */
function biasBehind(state: GraphImport, node: OnnxNode, outputs: number) {
  const [name = ''] = node.outputs;
  const users = state.graph.uses.get(name) ?? [];
  const [add] = users;
  if (users.length !== 1 || add?.operator !== 'Add' || state.graph.outputs.includes(name)) return undefined;
  const other = add.inputs.find((input) => input !== name);
  const constant = other === undefined ? undefined : state.value(other);
  if (constant?.kind !== 'constant' || constant.shape.length !== 1 || constant.values.length !== outputs)
    return undefined;
  return { add, bias: Array.from(constant.values) };
}

/** The last two dimensions exchanged. */
function turned(form: Form, x: Value): Value {
  if (form.dims(x)[0] === 'rows' && form.rank(x) === 2) form.transpose(x, [1, 0]); // refuses
  return form.ops.transpose(x);
}

/** NumPy's matmul: vectors count as matrices of one row or one column. */
function multiplied(node: OnnxNode, form: Form, left: Value, right: Value): Value {
  const { ops } = form;
  const [isRow, isColumn] = [form.rank(left) === 1, form.rank(right) === 1];
  if (form.rank(left) === 0 || form.rank(right) === 0) throw node.bad('factors of one dimension or more', 'a number');
  for (const [value, last] of [
    [left, form.rank(left) - 1],
    [right, Math.max(form.rank(right) - 2, 0)],
  ] as const) {
    form.length(value, last);
  }
  const a = isRow ? withDimension(form, left, 0) : left;
  const b = isColumn ? withDimension(form, right, form.rank(right)) : right;
  const [x, y] = batched(node, form, [a, b], [left, right]);
  const product = ops.matmul(x, y);
  const shape: (number | 'rows')[] = [...product.shape];
  const hasRows = form.batching !== 'constant';
  if (hasRows) shape[0] = 'rows';
  if (isColumn) shape.pop();
  if (isRow) shape.splice(isColumn ? -1 : -2, 1);
  return isRow || isColumn ? ops.reshape(product, shape) : product;
}

/** One more dimension of length 1 at a place of the model. */
function withDimension(form: Form, x: Value, place: number): Value {
  const at = place + form.lead(x);
  const shape: (number | 'rows')[] = [...x.shape];
  if (form.batching !== 'constant' && !form.isConstant(x)) shape[0] = 'rows';
  shape.splice(at, 0, 1);
  return form.ops.reshape(x, shape);
}

/** Factors whose rows stand in front of both. */
function batched(node: OnnxNode, form: Form, [a, b]: [Value, Value], given: [Value, Value]): [Value, Value] {
  if (form.batching === 'constant') return [a, b];
  const rank = Math.max(...[a, b].map((value, i) => value.rank - form.lead(given[i]!)));
  const fitted = [a, b].map((value, i) => {
    const isConstant = form.isConstant(given[i]!);
    if (isConstant) {
      const meetsRows = form.batching === 'rows' && value.rank === rank && (value.shape[0] !== 1 || rank === 2);
      if (!meetsRows || value.rank <= 2) {
        // A matrix stands in front of or behind matrices, not rows.
        if (!(form.batching === 'rows' && rank === 2 && i === 0)) return value;
      }
    } else {
      const missing = rank - (value.rank - form.lead(given[i]!));
      if (form.batching === 'whole') {
        const shape: (number | 'rows')[] = [...value.shape];
        shape.splice(0, 1, 'rows', ...Array.from({ length: missing }, () => 1));
        return missing === 0 ? value : form.ops.reshape(value, shape);
      }
      if (missing === 0 && (rank > 2 || i === 0)) return value;
    }
    const shapes = given.map((one) => `[${form.dims(one).join(', ')}]`).join(' and ');
    throw node.bad('factors whose first dimension counts the rows', shapes);
  });
  return fitted as [Value, Value];
}

export const productNodes: Operators = { Gemm: gemm, MatMul: matMul };
