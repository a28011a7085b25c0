// @internal
import { aligned, giveBack, plain } from './aligned.js';
import { type Extent, holdsRows } from './extents.js';
import type { GraphImport } from './graph-import.js';
import type { GraphValue } from './graph-values.js';
import { factorsOf, netAxis, withoutLayout } from './layout.js';
import {
  cumulative,
  expand,
  gather,
  type Lift,
  matrices,
  norm,
  type Rule,
  reduction,
  single,
  slice,
  softmax,
  split,
  tile,
} from './lift-rules.js';
import type { OnnxNode } from './node.js';
import type { GraphOperator } from './node-table.js';
import { movedRowsOf } from './nodes/moved-rows.js';

function run(
  state: GraphImport,
  node: OnnxNode,
  operator: GraphOperator,
  { layout, inputs = {}, ints = {} }: Lift,
): void {
  const given = Object.entries(inputs);
  const values = given.map(([, value]) => value);
  state.lend(values, (names) => {
    const all = [...node.inputs];
    for (const [i, [place]] of given.entries()) {
      while (all.length < Number(place)) all.push('');
      all[Number(place)] = names[i]!;
    }
    const variant = node.variant(all, ints);
    operator(state, variant);
    variant.requireAllRead();
  });
  giveBack(state, node, layout);
}

/** Lifts an operator that works on each number of operands that broadcast. */
const onEach =
  (operator: GraphOperator): GraphOperator =>
  (state, node) => {
    const values = node.inputs.map((_, i) => (state.has(node, i) ? anyValue(state, node, i) : undefined));
    const known = values.filter((value) => value !== undefined);
    const found = known.length === values.length && known.length > 0 ? aligned(state, node, known) : undefined;
    if (found) run(state, node, operator, { layout: found.layout, inputs: { ...found.operands } });
    else operator(state, node);
  };

/** A value of any kind, with its rows in any dimension. */
const anyValue = (state: GraphImport, node: OnnxNode, i: number): GraphValue =>
  state.indices(node, i) ?? state.anyInput(node, i);

/** Lifts an operator that works on each number of its first input. */
const onFirst =
  (operator: GraphOperator): GraphOperator =>
  (state, node) => {
    const value = state.has(node, 0) ? anyValue(state, node, 0) : undefined;
    const found = value && aligned(state, node, [value]);
    const like = node.operator === 'CastLike' && state.has(node, 1) ? anyValue(state, node, 1) : undefined;
    const type = like && (like.kind === 'rows' ? withoutLayout(like) : plain(like));
    if (!found) {
      if (type) state.lend([type], ([name]) => operator(state, node.variant([node.inputs[0]!, name!])));
      else operator(state, node);
      return;
    }
    run(state, node, operator, { layout: found.layout, inputs: { 0: found.operands[0]!, ...(type && { 1: type }) } });
  };

/** Lifts an operator that works along dimensions of its first input. */
const along =
  (rule: Rule, isLifted: (state: GraphImport, node: OnnxNode) => boolean = () => false) =>
  (operator: GraphOperator): GraphOperator =>
  (state, node) => {
    const moved = movedRowsOf(state, node, isLifted(state, node));
    if (!moved || moved.value.isIndex) {
      operator(state, node);
      return;
    }
    const lift = rule(moved);
    if (lift) run(state, node, operator, { ...lift, inputs: { 0: withoutLayout(moved.value), ...lift.inputs } });
  };

/** Whether an Expand adds dimensions. */
const isWider = (state: GraphImport, node: OnnxNode) => {
  const value = state.anyRows(node);
  const target = value && state.has(node, 1) ? state.lengths(node, 1).values : [];
  return value !== undefined && target.length > state.extents(value).length;
};

/** Concat: all values have the rows in one place; a constant is the same for each of them. */
const concatenation =
  (operator: GraphOperator): GraphOperator =>
  (state, node) => {
    const values = node.inputs.map((_, i) => (state.has(node, i) ? anyValue(state, node, i) : undefined));
    const known = values.filter((value) => value !== undefined);
    const isMoved = known.some((value) =>
      value.kind === 'rows' ? value.layout && !value.isIndex : value.rowsAt !== undefined,
    );
    if (known.length < values.length || !isMoved || state.batching !== 'rows') {
      operator(state, node);
      return;
    }
    const extents = known.map((value) => state.extents(value));
    const [first] = extents as [readonly Extent[]];
    const at = first.findIndex(holdsRows);
    const given = node.int('axis', 0);
    const place = given < 0 ? given + first.length : given;
    const isAlike = (one: readonly Extent[]) =>
      one.length === first.length && one.every((extent, i) => i === place || extent === first[i]);
    const isWithin = place >= 0 && place < first.length && place !== at && at >= 0;
    if (!isWithin || !extents.every(isAlike) || known.some((value) => value.kind === 'integers')) {
      const received = extents.map((one) => `[${one.join(', ')}]`);
      throw node.bad('values that differ in one dimension, not that of the rows', received.join(' and '));
    }
    const { operands, layout } = aligned(state, node, known)!;
    const hasRows = known.some(({ kind }) => kind === 'rows');
    const inputs = operands.map((value, i) => {
      if (value.kind === 'rows' || !hasRows) return value;
      if (factorsOf(layout) > 0) throw node.bad('rows that the net computes', 'a constant for each of their parts');
      return { ...value, shape: [1, ...(extents[i] as readonly number[]).toSpliced(at, 1)] };
    });
    const axis = hasRows ? netAxis(layout, place) : place;
    run(state, node, operator, { layout, inputs: { ...inputs }, ints: { axis } });
  };

const lifts = new Map<string, (operator: GraphOperator) => GraphOperator>();
const add = (lift: (operator: GraphOperator) => GraphOperator, names: string) => {
  for (const name of names.split(' ')) lifts.set(name, lift);
};
add(onEach, 'Add Sub Mul Div Pow Sum Max Min Mean Neg Abs Sqrt Exp Log Reciprocal Sign PRelu Where And Or Xor Not');
add(onEach, 'Greater GreaterOrEqual Less LessOrEqual Equal');
add(onEach, 'Relu Sigmoid Tanh Softplus LeakyRelu Elu HardSigmoid HardSwish Mish Softsign Gelu Swish Selu Celu');
add(onEach, 'ThresholdedRelu Shrink');
add(onFirst, 'Clip Dropout Cast CastLike');
add(along(softmax), 'Softmax LogSoftmax Hardmax');
add(along(norm), 'LayerNormalization RMSNormalization');
add(along(single), 'LpNormalization');
add(along(reduction), 'ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum');
add(along(reduction), 'ReduceLogSumExp ReduceProd');
add(along(cumulative), 'CumSum');
add(along(split), 'Split');
add(along(slice), 'Slice');
add(along(gather), 'Gather');
add(along(tile), 'Tile');
add(along(expand, isWider), 'Expand');
add(along(matrices), 'Trilu');
add(concatenation, 'Concat');

/**
 * Makes an operator take rows in any dimension of the model: it computes with the rows as first dimension, as in the net, and its
 * outputs have them in the model's place again. Operators that are not in the table move dimensions themselves, or require the
 * rows as first dimension.
 */
export function lifted(name: string, operator: GraphOperator): GraphOperator {
  return lifts.get(name)?.(operator) ?? operator;
}
