import type { Value } from '../../../ops/value.js';
import type { GraphImport } from '../graph-import.js';
import { integerArithmetic } from '../integers.js';
import type { OnnxNode } from '../node.js';
import type { GraphOperator, Operators } from '../node-table.js';
import type { RowOps } from '../recorder.js';

/** A comparison of two values that broadcast. Truth values are 0 and 1. */
const compare =
  (apply: (ops: RowOps, a: Value, b: Value) => Value): GraphOperator =>
  (state, node) => {
    if (node.operator === 'Equal' && equalsZero(state, node)) return;
    const values = state.inputs(node);
    if (values.every((value) => value.kind === 'integers')) {
      state.give(node, integerArithmetic(node, values));
      return;
    }
    state.operation(
      node,
      values,
      (form, operands) => {
        const [a, b] = form.aligned(operands);
        return apply(form.ops, a!, b!);
      },
      { isTruth: true },
    );
  };

/** Which of the whole numbers of an input are 0, such as those of a padding token. Tells whether the node asks that. */
function equalsZero(state: GraphImport, node: OnnxNode): boolean {
  const place = [0, 1].find((i) => state.indices(node, i));
  if (place === undefined) return false;
  const [numbers, other] = [state.indices(node, place)!, state.input(node, 1 - place)];
  const isZero = other.kind === 'integers' && other.values.length === 1 && other.values[0] === 0;
  if (!isZero || other.shape.length > state.dims(numbers).length || numbers.node.rowShape.length === 0) return false;
  state.operation(node, [numbers], ({ ops }, [x]) => ops.subtract(1, ops.nonZero(x!)), { isTruth: true });
  return true;
}

/** An operator on truth values. */
const logical =
  (apply: (ops: RowOps, a: Value, b: Value) => Value): GraphOperator =>
  (state, node) => {
    for (const value of state.inputs(node)) {
      if (value.kind === 'constant' || !value.isTruth) throw node.bad('truth values', 'numbers');
    }
    compare(apply)(state, node);
  };

export const comparisonNodes: Operators = {
  Greater: compare((ops, a, b) => ops.greater(a, b)),
  GreaterOrEqual: compare((ops, a, b) => ops.greaterOrEqual(a, b)),
  Less: compare((ops, a, b) => ops.less(a, b)),
  LessOrEqual: compare((ops, a, b) => ops.lessOrEqual(a, b)),
  Equal: compare((ops, a, b) => ops.equal(a, b)),
  And: logical((ops, a, b) => ops.multiply(a, b)),
  Or: logical((ops, a, b) => ops.maximum(a, b)),
  Xor: logical((ops, a, b) => ops.abs(ops.subtract(a, b))),
  Not: (state, node) => {
    const x = state.input(node, 0);
    if (x.kind === 'constant' || !x.isTruth) throw node.bad('truth values', 'numbers');
    state.operation(node, [x], ({ ops }, [value]) => ops.equal(value!, 0), { isTruth: true });
  },
  Where: (state, node) => {
    const values = [0, 1, 2].map((i) => state.input(node, i));
    const [condition, a, b] = values;
    if (condition!.kind === 'constant' || !condition!.isTruth) throw node.bad('truth values as input 1', 'numbers');
    if (values.every((value) => value.kind === 'integers')) {
      state.give(node, integerArithmetic(node, values));
      return;
    }
    state.operation(
      node,
      values,
      (form, operands) => {
        const [chooser, yes, no] = form.aligned(operands);
        return form.ops.where(chooser!, yes!, no!);
      },
      { isTruth: a!.kind !== 'constant' && b!.kind !== 'constant' && !!a!.isTruth && !!b!.isTruth },
    );
  },
};
