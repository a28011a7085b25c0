import { AddLayer, MultiplyLayer, SubtractLayer } from '../../../layers/index.js';
import type { Value } from '../../../ops/value.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import { type GraphValue, kindOf, type RowsValue } from '../graph-values.js';
import { integerArithmetic } from '../integers.js';
import type { OnnxNode } from '../node.js';
import type { GraphOperator, Operators } from '../node-table.js';
import type { RowOps } from '../recorder.js';
import { elementwise } from './elementwise.js';

type Pairwise = (ops: RowOps, a: Value, b: Value) => Value;

const layers = { Add: AddLayer, Sub: SubtractLayer, Mul: MultiplyLayer } as const;

/** An operator on two values that broadcast, of which integers are computed at once. */
const pairwise =
  (apply: Pairwise): GraphOperator =>
  (state, node) => {
    const values = state.inputs(node);
    if (values.every((value) => value.kind === 'integers')) {
      state.give(node, integerArithmetic(node, values));
      return;
    }
    const Layer = node.operator in layers ? layers[node.operator as keyof typeof layers] : undefined;
    if (Layer && areAlike(values)) {
      state.layer(node, new Layer(), values as readonly RowsValue[]);
      return;
    }
    if (isNeutral(state, node, values)) {
      state.give(node, values[0]!);
      return;
    }
    together(state, node, values, apply);
  };

/** Whether both are computed by the net, are not the same, and have rows of one shape. */
function areAlike(values: readonly GraphValue[]): boolean {
  const [a, b] = values;
  if (a?.kind !== 'rows' || b?.kind !== 'rows' || a.node === b.node) return false;
  return a.node.rowShape.join() === b.node.rowShape.join();
}

/** Whether a number changes nothing, as in x · 1. */
function isNeutral(state: GraphImport, { operator }: OnnxNode, [a, b]: readonly GraphValue[]): boolean {
  if (a?.kind !== 'rows' || b?.kind !== 'constant' || b.values.length !== 1) return false;
  const neutral = operator === 'Mul' || operator === 'Div' || operator === 'Pow' ? 1 : 0;
  return b.values[0] === neutral && b.shape.length <= state.dims(a).length;
}

/** Gives the result of any number of values that broadcast, taken two by two. */
function together(state: GraphImport, node: OnnxNode, values: readonly GraphValue[], apply: Pairwise): void {
  if (values.length === 0) throw node.bad('an input 1', 'none');
  state.operation(node, values, (form, operands) =>
    form.aligned(operands).reduce((result, value) => apply(form.ops, result, value)),
  );
}

const any =
  (apply: Pairwise): GraphOperator =>
  (state, node) => {
    const values = state.inputs(node);
    if (values.length > 0 && values.every((value) => value.kind === 'integers')) {
      state.give(node, integerArithmetic(node, values));
    } else together(state, node, values, apply);
  };

function mean(state: GraphImport, node: OnnxNode): void {
  const values = state.inputs(node);
  if (values.length === 0) throw node.bad('an input 1', 'none');
  state.operation(node, values, (form, operands) => {
    const sum = form.aligned(operands).reduce((result, value) => form.ops.add(result, value));
    return form.ops.divide(sum, values.length);
  });
}

const each =
  (apply: (form: Form, x: Value) => Value): GraphOperator =>
  (state, node) =>
    elementwise(state, node, apply);

/** 1 above 0, −1 below, else 0. */
const sign = ({ ops }: Form, x: Value) => ops.subtract(ops.greater(x, 0), ops.less(x, 0));

/** Neg, also of integers. */
function negate(state: GraphImport, node: OnnxNode): void {
  const x = state.input(node, 0);
  if (x.kind === 'integers') state.give(node, integerArithmetic(node, [x]));
  else each(({ ops }, value) => ops.negate(value))(state, node);
}

/** Mod of integers: the rest of a division, with the sign of the divisor, or with `fmod` of what is divided. */
function remainder(state: GraphImport, node: OnnxNode): void {
  node.requireInt('fmod', 0, [0, 1]);
  const values = state.inputs(node);
  const other = values.find(({ kind }) => kind !== 'integers');
  if (other) throw node.bad('integers that are known', kindOf(other));
  state.give(node, integerArithmetic(node, values));
}

export const arithmeticNodes: Operators = {
  Add: pairwise((ops, a, b) => ops.add(a, b)),
  Sub: pairwise((ops, a, b) => ops.subtract(a, b)),
  Mul: pairwise((ops, a, b) => ops.multiply(a, b)),
  Div: pairwise((ops, a, b) => ops.divide(a, b)),
  Pow: pairwise((ops, a, b) => ops.power(a, b)),
  Sum: any((ops, a, b) => ops.add(a, b)),
  Max: any((ops, a, b) => ops.maximum(a, b)),
  Min: any((ops, a, b) => ops.minimum(a, b)),
  Mean: mean,
  Mod: remainder,
  Neg: negate,
  Abs: each(({ ops }, x) => ops.abs(x)),
  Sqrt: each(({ ops }, x) => ops.sqrt(x)),
  Exp: each(({ ops }, x) => ops.exp(x)),
  Log: each(({ ops }, x) => ops.log(x)),
  Reciprocal: each(({ ops }, x) => ops.divide(1, x)),
  Sign: each(sign),
};
