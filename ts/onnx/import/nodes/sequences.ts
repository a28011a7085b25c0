// @internal
import type { Node } from '../../../graph/node.js';
import { ConcatenateLayer, MaskLayer, ReshapeLayer } from '../../../layers/index.js';
import type { ConstantValue } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import { kindOf, type RowsValue } from '../graph-values.js';
import { laidOut, layoutOf } from '../layout.js';
import type { OnnxNode } from '../node.js';
import type { Direction } from './recurrent-weights.js';

/** Limit on the sequences of a row, where the rows of the model are no rows of the net: each is a layer's input. */
const mostSequences = 64;

/** A sequence with its states before the first step. */
export interface Sequence {
  /** Rows of [steps, features]. */
  readonly x: RowsValue;
  /** For each direction h, and c of an LSTM; none where they begin as zeros. */
  readonly states: readonly (readonly RowsValue[])[];
  readonly lengths?: Node | undefined;
}

/** The sequences of a node: one whose rows are the model's, or each of the model's. */
export interface Sequences {
  readonly items: readonly Sequence[];
  /** Where the model has the sequences: behind the steps, or in front. */
  readonly layout: number;
}

/** The sequences that a recurrent node takes. @throws BlasnetError `ERR_BAD_FILE` */
export function sequencesOf(
  state: GraphImport,
  node: OnnxNode,
  directions: readonly Direction[],
  stateCount: number,
): Sequences {
  const layout = node.int('layout', 0);
  if (layout !== 0 && layout !== 1) throw node.bad('layout = 0 or 1', `${layout}`);
  const isWhole = state.batching === 'whole';
  const x = isWhole ? state.rows(node) : (state.movedRows(node) ?? state.rows(node));
  const place = layout === 0 ? 1 : 0;
  const dims = state.dims(x);
  const [{ features }] = directions as readonly [Direction];
  const isFit = isWhole || ('rowsAt' in x ? x.rowsAt : 0) === place;
  if (dims.length !== 3 || !isFit || dims[2] !== features) {
    const expected = layout === 0 ? `[steps, rows, ${features}]` : `[rows, steps, ${features}]`;
    throw node.bad(`sequences of ${expected}`, `[${dims.join(', ')}]`);
  }
  const steps = dims[1 - place] as number;
  const plain: RowsValue = { kind: 'rows', node: x.node };
  const count = isWhole ? (dims[place] as number) : 1;
  if (count > mostSequences) throw node.bad(`at most ${mostSequences} sequences`, `${count}`);
  const items = Array.from({ length: count }, (_, i) => {
    const own = isWhole ? itemOf(state, node, plain, place, i, [steps, features]) : plain;
    const lengths = lengthsOf(state, node, steps);
    const states = statesOf(state, node, own, directions, { stateCount, place, item: isWhole ? i : undefined });
    return { x: masked(state, node, own, lengths), states, lengths };
  });
  return { items, layout };
}

/** One of the sequences of a row, in that shape. */
function itemOf(
  state: GraphImport,
  node: OnnxNode,
  x: RowsValue,
  place: number,
  item: number,
  rowShape: readonly number[],
): RowsValue {
  if (x.node.rowShape[place] === 1) return state.reshaped(node, x, rowShape);
  return state.between(node, [x], ({ ops }, [value]) => {
    const nulls = Array.from({ length: place + 1 }, () => null);
    return ops.reshape(ops.slice(value!, ...nulls, { from: item, to: item + 1 }), ['rows', ...rowShape]);
  });
}

/** The model's lengths of the sequences, which are an input of it; undefined where all steps count. */
function lengthsOf(state: GraphImport, node: OnnxNode, steps: number): Node | undefined {
  if (!state.has(node, 4)) return undefined;
  const value = state.indices(node, 4) ?? state.input(node, 4);
  if (value.kind === 'integers' && value.values.every((length) => length === steps)) return undefined;
  if (value.kind === 'rows' && value.isIndex && value.node.rowShape.length === 0 && state.batching === 'rows') {
    return value.node;
  }
  throw node.bad('lengths of sequences that an input of the model gives, or all steps', kindOf(value));
}

/** The sequence with a mask of its lengths, or without one, whatever mask it has had. */
function masked(state: GraphImport, node: OnnxNode, x: RowsValue, lengths: Node | undefined): RowsValue {
  if (!lengths) return hasMask(x.node) ? state.apply(node, new ReshapeLayer(x.node.rowShape), [x]) : x;
  if (state.maskedBy.get(x.node) === lengths) return x;
  const plain = hasMask(x.node) ? state.apply(node, new ReshapeLayer(x.node.rowShape), [x]) : x;
  const result = state.apply(node, new MaskLayer(), [plain, { kind: 'rows', node: lengths }]);
  state.maskedBy.set(result.node, lengths);
  return result;
}

/** Whether a node may have a mask: a MaskLayer is in front of it, and no reshape behind that. */
function hasMask(node: Node): boolean {
  const seen = new Set<Node>();
  const open = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next) || next.layer instanceof ReshapeLayer) continue;
    if (next.layer instanceof MaskLayer) return true;
    seen.add(next);
    open.push(...next.inputs);
  }
  return false;
}

interface StatePlaces {
  readonly stateCount: number;
  /** The dimension of the sequences in X. In states it comes first where it does there, else behind the directions. */
  readonly place: number;
  /** Which of the sequences of a row; undefined where the rows are the sequences. */
  readonly item: number | undefined;
}

/** The states before the first step, for each direction; none where all are zeros. */
function statesOf(
  state: GraphImport,
  node: OnnxNode,
  x: RowsValue,
  directions: readonly Direction[],
  { stateCount, place, item }: StatePlaces,
): readonly (readonly RowsValue[])[] {
  const inputs = Array.from({ length: stateCount }, (_, i) => 5 + i).map((i) => {
    if (!state.has(node, i)) return undefined;
    const value = state.movedRows(node, i) ?? state.anyInput(node, i);
    const isZero = value.kind === 'constant' && Array.from(value.values).every((one) => one === 0);
    return isZero ? undefined : { value, i };
  });
  if (inputs.every((one) => one === undefined)) return [];
  const count = inputs.findLastIndex((one) => one !== undefined) + 1;
  return directions.map(({ units }, direction) =>
    inputs.slice(0, count).map((one): RowsValue => {
      if (!one) return constantState(state, node, x, new Float64Array(units));
      const { value, i } = one;
      const dims = state.dims(value);
      const isRows = value.kind === 'rows';
      const rest = dims.toSpliced(place, 1);
      if (value.kind === 'integers' || dims.length !== 3 || rest.join() !== [directions.length, units].join()) {
        throw node.bad(`states of ${directions.length} × rows × ${units} as input ${i + 1}`, `[${dims.join(', ')}]`);
      }
      if (value.kind === 'constant') {
        const numbers = numbersOf(node, value, { direction, place, item });
        return constantState(state, node, x, numbers, value.isWeight);
      }
      const isMoved = isRows && item === undefined && layoutOf(value).at !== place;
      if (isMoved) throw node.bad(`the rows as dimension ${place + 1} of states`, `[${dims.join(', ')}]`);
      const plain: RowsValue = { kind: 'rows', node: value.node };
      if (item === undefined && directions.length === 1) return state.reshaped(node, plain, [units]);
      return state.between(node, [plain], ({ ops }, [states]) => {
        const cuts =
          item === undefined ? [at(direction)] : place === 1 ? [at(direction), at(item)] : [at(item), at(direction)];
        return ops.reshape(ops.slice(states!, null, ...cuts), ['rows', units]);
      });
    }),
  );
}

const at = (place: number) => ({ from: place, to: place + 1 });

/** The numbers of one direction and one sequence, or of all sequences where they are the same. */
function numbersOf(
  node: OnnxNode,
  { shape, values }: ConstantValue,
  { direction, place, item }: { readonly direction: number; readonly place: number; readonly item: number | undefined },
): Float64Array {
  const [directions, sequences] = place === 1 ? [shape[0]!, shape[1]!] : [shape[1]!, shape[0]!];
  const units = shape[2]!;
  const of = (sequence: number) => {
    const row = place === 1 ? direction * sequences + sequence : sequence * directions + direction;
    return Float64Array.from({ length: units }, (_, j) => values[row * units + j]!);
  };
  if (item !== undefined) return of(sequences === 1 ? 0 : item);
  const first = of(0);
  for (let i = 1; i < sequences; i++) {
    if (of(i).some((value, j) => value !== first[j])) throw node.bad('the same states for all rows', 'different ones');
  }
  return first;
}

/** A constant state for each row. */
function constantState(
  state: GraphImport,
  node: OnnxNode,
  x: RowsValue,
  values: Float64Array,
  isWeight = false,
): RowsValue {
  const constant: ConstantValue = { kind: 'constant', shape: [1, values.length], values, isFloat: true, isWeight };
  return state.between(node, [x, constant], ({ ops }, [rows, numbers]) => {
    const one = ops.reshape(ops.slice(rows!, null, at(0), at(0)), ['rows', 1]);
    return ops.where(1, numbers!, one);
  });
}

/** Results of all sequences in the model's shape, its directions apart. */
export function joined(
  state: GraphImport,
  node: OnnxNode,
  { items, layout }: Sequences,
  all: readonly RowsValue[],
  directions: number,
): RowsValue {
  const shapeOf = ({ node: { rowShape } }: RowsValue) => [
    ...rowShape.slice(0, -1),
    directions,
    rowShape.at(-1)! / directions,
  ];
  const [first] = all as readonly [RowsValue];
  const shape = shapeOf(first);
  /** The dimension of the sequences in the model. */
  const rowsAt = layout === 1 ? 0 : shape.length - 1;
  if (state.batching === 'rows') {
    const value = state.reshaped(node, first, shape);
    return laidOut(value, { at: rowsAt, front: 1, behind: 1 });
  }
  const each = all.map((one) => state.reshaped(node, one, shape.toSpliced(rowsAt, 0, 1)));
  return items.length === 1 ? each[0]! : state.apply(node, new ConcatenateLayer({ axis: rowsAt }), each);
}
