import type { Value } from '../../../ops/value.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';
import type { GraphOperator, Operators } from '../node-table.js';

/** The result over some dimensions, which stay with length 1. */
type Reduce = (form: Form, x: Value, axes: readonly number[]) => Value;

const keep = { keepDims: true } as const;

/** An operator that makes one number of the numbers along some dimensions. */
const reduction =
  (reduce: Reduce): GraphOperator =>
  (state, node) => {
    const x = state.floats(node);
    const keeps = node.int('keepdims', 1) !== 0;
    const isNoop = node.int('noop_with_empty_axes', 0) !== 0;
    const given = state.listed(node, 'axes', 1) ?? [];
    if (given.length === 0 && isNoop) {
      // Functions of each number, such as |x|, are still taken, as by the dimensions of no length.
      state.operation(node, [x], (form, [value]) => reduceOverNothing(form, value!, reduce));
      return;
    }
    state.operation(node, [x], (form, [value]) => reduced(form, value!, given, keeps, reduce));
  };

function reduceOverNothing(form: Form, x: Value, reduce: Reduce): Value {
  const dims = form.dims(x);
  const wide = form.reshape(x, [...dims, 1]);
  return form.reshape(reduce(form, wide, [wide.rank - 1]), dims);
}

function reduced(form: Form, x: Value, given: readonly number[], keeps: boolean, reduce: Reduce): Value {
  const dims = form.dims(x);
  const places = given.length > 0 ? given.map((axis) => form.place(x, axis)) : dims.map((_, i) => i);
  const axes = [...new Set(places)].sort((a, b) => a - b).map((place) => form.axis(x, place));
  if (axes.length === 0) return reduceOverNothing(form, x, reduce); // one number
  const y = reduce(form, x, axes);
  if (keeps) return y;
  return form.reshape(
    y,
    dims.filter((_, i) => !places.includes(i)),
  );
}

/** ln Σ eˣ, as the largest number and what the others add to it. */
function logSumExp({ ops }: Form, x: Value, axes: readonly number[]): Value {
  const limit = 3.4e38;
  const largest = ops.clip(ops.max(x, axes, keep), -limit, limit);
  return ops.add(ops.log(ops.sum(ops.exp(ops.subtract(x, largest)), axes, keep)), largest);
}

/** The product, of halves of the numbers again and again. */
function product(form: Form, x: Value, axes: readonly number[]): Value {
  const { ops } = form;
  let y = x;
  for (const axis of axes) {
    const nulls = Array.from({ length: axis }, () => null);
    for (let length = y.shape[axis]!; length > 1; length = Math.ceil(length / 2)) {
      const half = Math.floor(length / 2);
      const part = (from: number, to: number) => ops.slice(y, ...nulls, { from, to });
      const halves = ops.multiply(part(0, half), part(half, 2 * half));
      y = length % 2 === 0 ? halves : ops.concatenate([halves, part(2 * half, length)], axis);
    }
  }
  return y;
}

const sumOf = ({ ops }: Form, x: Value, axes: readonly number[]) => ops.sum(x, axes, keep);

/** Sums along one dimension up to each place. */
function cumulative(state: GraphImport, node: OnnxNode): void {
  const axis = state.scalar(node, 1) ?? 0;
  const [isExclusive, isReverse] = [node.int('exclusive', 0) !== 0, node.int('reverse', 0) !== 0];
  const x = state.floats(node);
  state.operation(node, [x], (form, [value]) => {
    const { ops } = form;
    const place = form.place(value!, axis);
    const at = form.axis(value!, place);
    const length = value!.shape[at]!;
    const nulls = Array.from({ length: at }, () => null);
    const part = (y: Value, from: number, to: number) => ops.slice(y, ...nulls, { from, to });
    /** Moved by some places, with zeros where nothing comes from. */
    const moved = (y: Value, by: number) => {
      const zeros = ops.where(0, part(y, 0, by), 0);
      const rest = isReverse ? part(y, by, length) : part(y, 0, length - by);
      return ops.concatenate(isReverse ? [rest, zeros] : [zeros, rest], at);
    };
    if (length === 1) return isExclusive ? ops.where(0, value!, 0) : value!;
    let y = isExclusive ? moved(value!, 1) : value!;
    for (let by = 1; by < length; by *= 2) y = ops.add(y, moved(y, by));
    return y;
  });
}

export const reductionNodes: Operators = {
  ReduceSum: reduction(sumOf),
  ReduceMean: reduction(({ ops }, x, axes) => ops.mean(x, axes, keep)),
  ReduceMax: reduction(({ ops }, x, axes) => ops.max(x, axes, keep)),
  ReduceMin: reduction(({ ops }, x, axes) => ops.min(x, axes, keep)),
  ReduceL1: reduction((form, x, axes) => sumOf(form, form.ops.abs(x), axes)),
  ReduceL2: reduction((form, x, axes) => form.ops.sqrt(sumOf(form, form.ops.square(x), axes))),
  ReduceSumSquare: reduction((form, x, axes) => sumOf(form, form.ops.square(x), axes)),
  ReduceLogSum: reduction((form, x, axes) => form.ops.log(sumOf(form, x, axes))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceProd: reduction(product),
  CumSum: cumulative,
};
