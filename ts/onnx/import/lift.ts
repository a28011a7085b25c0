// @internal
import { aligned, giveBack, ofEach, plain, widened, withoutRows } from './aligned.js';
import { type Extent, holdsRows, timesOf } from './extents.js';
import type { GraphImport } from './graph-import.js';
import type { GraphValue, IntegersValue } from './graph-values.js';
import { factorsOf, type Layout, netAxis, rowShapeFor, withoutLayout } from './layout.js';
import type { OnnxNode } from './node.js';
import type { GraphOperator } from './node-table.js';
import { type MovedRows, movedRowsOf, placeOf, squeezeMoved } from './nodes/moved-rows.js';

/** How a node is computed with the rows as first dimension. */
interface Lift {
  /** The place of the rows in the model's outputs. */
  readonly layout: Layout;
  /** Inputs that replace those of the model, by their numbers; input 0 has the rows as first dimension. */
  readonly inputs?: Readonly<Record<number, GraphValue>>;
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
}

/** Tells how a node is computed; returns undefined where it has given the outputs itself. */
type Rule = (moved: MovedRows) => Lift | undefined;

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

const rowsAxis = (node: OnnxNode, place: number) =>
  node.bad('a dimension that does not count the rows', `axis ${place}`);

/** The net's dimension for one of the model. @throws BlasnetError `ERR_BAD_FILE` for that of the rows */
function axisOf(moved: MovedRows, axis: number): number {
  const place = placeOf(moved, axis);
  if (place === moved.layout.at) throw rowsAxis(moved.node, place);
  return netAxis(moved.layout, place);
}

/** The same for an axis that means all dimensions from it on. */
function axisBehind(moved: MovedRows, axis: number): number {
  const place = placeOf(moved, axis);
  if (place <= moved.layout.at) throw rowsAxis(moved.node, moved.layout.at);
  return netAxis(moved.layout, place);
}

const softmax: Rule = (moved) => {
  const { state, node, layout } = moved;
  const isOld = state.graph.opset < 13;
  const axis = (isOld ? axisBehind : axisOf)(moved, node.int('axis', isOld ? 1 : -1));
  return { layout, ints: { axis } };
};

const norm: Rule = (moved) => {
  const { state, node, layout, extents } = moved;
  const axis = axisBehind(moved, node.int('axis', -1));
  const constants = [1, 2].flatMap((i): [number, GraphValue][] => {
    const value = state.has(node, i) ? state.input(node, i) : undefined;
    if (value?.kind !== 'constant') return [];
    const shape = [...Array.from({ length: extents.length - value.shape.length }, () => 1), ...value.shape];
    if (shape.length > extents.length || shape[layout.at] !== 1) {
      throw node.bad('a scale that broadcasts to the rows', `[${value.shape.join(', ')}]`);
    }
    return [[i, { ...value, shape: withoutRows(shape, layout, 1) }]];
  });
  return { layout, ints: { axis }, inputs: Object.fromEntries(constants) };
};

const single: Rule = (moved) => ({ layout: moved.layout, ints: { axis: axisOf(moved, moved.node.int('axis', -1)) } });

const reduction: Rule = (moved) => {
  const { state, node, layout } = moved;
  const given = state.listed(node, 'axes', 1) ?? [];
  if (given.length === 0) {
    if (node.int('noop_with_empty_axes', 0) === 0) throw rowsAxis(node, layout.at);
    return { layout };
  }
  const places = new Set(given.map((axis) => placeOf(moved, axis)));
  const axes = [...places].map((place) => axisOf(moved, place));
  const gone = node.int('keepdims', 1) !== 0 ? 0 : [...places].filter((place) => place < layout.at).length;
  return { layout: { ...layout, at: layout.at - gone }, ints: { axes } };
};

const cumulative: Rule = (moved) => {
  const axis = axisOf(moved, moved.state.scalar(moved.node, 1) ?? 0);
  return { layout: moved.layout, inputs: { 1: listed([axis]) } };
};

const listed = (values: readonly Extent[]): IntegersValue => ({ kind: 'integers', shape: [values.length], values });

const split: Rule = (moved) => ({ layout: moved.layout, ints: { axis: axisOf(moved, moved.node.int('axis', 0)) } });

const slice: Rule = (moved) => {
  const { state, node, layout } = moved;
  const [starts, ends] = [state.listed(node, 'starts', 1), state.listed(node, 'ends', 2)];
  const axes = state.listed(node, 'axes', 3) ?? starts?.map((_, i) => i);
  const steps = state.has(node, 4) ? state.integers(node, 4) : starts?.map(() => 1);
  if ([ends, axes, steps].some((list) => !starts || list?.length !== starts.length)) {
    throw node.bad('as many starts, ends, axes and steps', 'others');
  }
  const isAll = (i: number) => starts![i] === 0 && ends![i]! >= 2 ** 31 - 1 && steps![i] === 1;
  const kept = [...starts!.keys()].filter((i) => placeOf(moved, axes![i]!) !== layout.at || !isAll(i));
  const of = (list: readonly number[]) => kept.map((i) => list[i]!);
  const ints = { starts: of(starts!), ends: of(ends!), axes: of(axes!).map((axis) => axisOf(moved, axis)) };
  return { layout, ints, inputs: { 4: listed(of(steps!)) } };
};

const gather: Rule = (moved) => {
  const { state, node, layout, extents } = moved;
  const given = node.int('axis', 0);
  const place = placeOf(moved, given);
  const axis = axisOf(moved, given);
  const { shape } = state.lengths(node, 1);
  const indices = state.integers(node, 1);
  if (shape.length === 0 && extents[place] === 1 && (indices[0] === 0 || indices[0] === -1)) {
    squeezeMoved(moved, [place]);
    return undefined;
  }
  const at = place < layout.at ? layout.at - 1 + shape.length : layout.at;
  return { layout: { ...layout, at }, ints: { axis } };
};

const tile: Rule = ({ state, node, layout, extents }) => {
  const repeats = state.integers(node, 1);
  if (repeats.length !== extents.length || repeats[layout.at] !== 1) {
    throw node.bad(`how often to repeat each of [${extents.join(', ')}]`, `[${repeats.slice(0, 9).join(', ')}]`);
  }
  return { layout, inputs: { 1: listed(ofEach(extents, layout, 1, (place) => repeats[place]!)) } };
};

/** Expand, which may add dimensions. */
const expand: Rule = ({ state, node, value, layout, extents }) => {
  const target = state.lengths(node, 1).values;
  const rank = Math.max(target.length, extents.length);
  const ones = Array.from({ length: rank - extents.length }, () => 1);
  const at = layout.at + ones.length;
  const wanted: readonly Extent[] = [...Array.from({ length: rank - target.length }, () => 1), ...target];
  const own = extents[layout.at] as Exclude<Extent, number>;
  const isKept = [1, own, timesOf(own) * (state.fixedRows ?? Number.NaN)].includes(wanted[at]!);
  if (!isKept || rank > 8 || wanted.some((extent, i) => i !== at && holdsRows(extent))) {
    throw node.bad(`a shape that [${extents.join(', ')}] repeats to`, `[${target.join(', ')}]`);
  }
  const moved = { ...layout, at };
  const shape = ['rows' as const, ...rowShapeFor(wanted, moved)];
  return { layout: moved, inputs: { 0: widened(state, node, value, ones), 1: listed(shape) } };
};

const isWider = (state: GraphImport, node: OnnxNode) => {
  const value = state.anyRows(node);
  const target = value && state.has(node, 1) ? state.lengths(node, 1).values : [];
  return value !== undefined && target.length > state.extents(value).length;
};

/** The last two dimensions are matrices: the rows must be in front of them. */
const matrices: Rule = ({ node, layout, extents }) => {
  if (layout.at >= extents.length - 2) throw rowsAxis(node, layout.at);
  return { layout };
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
