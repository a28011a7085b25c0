// @internal
import type { Value } from '../../../ops/value.js';
import type { Compose } from '../compose.js';
import type { ConstantValue } from '../constant.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import { kindOf, type RowsValue } from '../graph-values.js';
import type { Weights } from '../limits.js';
import type { OnnxNode } from '../node.js';
import type { Direction } from './recurrent-weights.js';

/** Limit on the steps, each of which is operations of its own. */
const mostSteps = 256;

/** Where the values have their steps, and what else they have beside the rows. */
interface Places {
  readonly steps: number;
  /** The dimension of the steps in operations. */
  readonly axis: number;
  /** How many sequences a row has; undefined where the rows are the sequences. */
  readonly sequences: number | undefined;
}

/**
 * A GRU whose reset gate is applied before the recurrent product, which no layer does: operations, step by step.
 * @throws BlasnetError `ERR_BAD_FILE` for states that are no zeros, lengths, and too many steps
 */
export function gruBeforeReset(state: GraphImport, node: OnnxNode, directions: readonly Direction[]): void {
  const layout = node.int('layout', 0);
  if (layout !== 0 && layout !== 1) throw node.bad('layout = 0 or 1', `${layout}`);
  const isWhole = state.batching === 'whole';
  const x = isWhole ? state.rows(node) : (state.movedRows(node) ?? state.rows(node));
  const dims = state.dims(x);
  const place = layout === 0 ? 1 : 0;
  const [{ features, units }] = directions as readonly [Direction];
  const isFit = isWhole || ('rowsAt' in x ? x.rowsAt : 0) === place;
  if (dims.length !== 3 || !isFit || dims[2] !== features) {
    const expected = layout === 0 ? `[steps, rows, ${features}]` : `[rows, steps, ${features}]`;
    throw node.bad(`sequences of ${expected}`, `[${dims.join(', ')}]`);
  }
  const steps = dims[1 - place] as number;
  if (steps > mostSteps) throw node.bad(`at most ${mostSteps} steps with linear_before_reset = 0`, `${steps}`);
  requireNone(state, node, steps);
  const sequences = isWhole ? (dims[place] as number) : undefined;
  const places: Places = { steps, axis: isWhole ? 2 - place : 1, sequences };
  const plain: RowsValue = { kind: 'rows', node: x.node };
  const constants = directions.flatMap(({ weights: { W, U, B, recurrentB } }) => [
    constantOf(W!),
    constantOf(U!),
    ...(B ? [constantOf(B), constantOf(recurrentB!)] : []),
  ]);
  const compose: Compose = (form, [value, ...weights]) => {
    const own = weights.length / directions.length;
    const each = directions.map(({ reverse }, i) =>
      unrolled(form, value!, weights.slice(i * own, (i + 1) * own), { ...places, reverse, units }),
    );
    return each.length === 1 ? each[0]! : form.ops.concatenate(each, places.axis + 1);
  };
  const all = state.between(node, [plain, ...constants], compose);
  const rowsAt = isWhole || layout === 1 ? 0 : 2;
  if (state.isRead(node, 0)) state.giveLaidOut(node, all, { at: rowsAt, front: 1, behind: 1 });
  if (!state.isRead(node, 1)) return;
  const last = state.between(node, [all], ({ ops }, [value]) => {
    const nulls = Array.from({ length: places.axis }, () => null);
    const ends = directions.map(({ reverse }, i) => {
      const at = reverse ? 0 : steps - 1;
      const one = ops.slice(value!, ...nulls, { from: at, to: at + 1 }, { from: i, to: i + 1 });
      return ops.reshape(one, ['rows', ...one.shape.toSpliced(places.axis, 1).slice(1)]);
    });
    return ends.length === 1 ? ends[0]! : ops.concatenate(ends, places.axis);
  });
  state.giveLaidOut(node, last, { at: rowsAt > 0 ? 1 : 0, front: 1, behind: 1 }, 1);
}

function requireNone(state: GraphImport, node: OnnxNode, steps: number): void {
  if (state.has(node, 4)) {
    const lengths = state.indices(node, 4) ?? state.input(node, 4);
    const isAll = lengths.kind === 'integers' && lengths.values.every((length) => length === steps);
    if (!isAll) throw node.bad('all steps with linear_before_reset = 0', kindOf(lengths));
  }
  if (!state.has(node, 5)) return;
  const first = state.movedRows(node, 5) ?? state.anyInput(node, 5);
  const isZero = first.kind === 'constant' && Array.from(first.values).every((one) => one === 0);
  if (!isZero) throw node.bad('zeros as first state with linear_before_reset = 0', kindOf(first));
}

function constantOf({ shape, values }: Weights): ConstantValue {
  return { kind: 'constant', shape, values, isFloat: true, isWeight: true };
}

/** h of all steps, with a dimension for the direction behind that of the steps. */
function unrolled(
  { ops }: Form,
  x: Value,
  [W, U, B, recurrentB]: readonly Value[],
  { steps, axis, sequences, reverse, units }: Places & { readonly reverse: boolean; readonly units: number },
): Value {
  const product = ops.matmul(x, W!);
  const outer = B
    ? ops.add(product, ops.add(ops.reshape(B, [3 * units]), ops.reshape(recurrentB!, [3 * units])))
    : product;
  const row = sequences === undefined ? [] : [sequences];
  const columns = (value: Value, from: number, to: number) =>
    ops.slice(value, ...Array.from({ length: value.rank - 1 }, () => null), { from: from * units, to: to * units });
  const [ofGates, ofNew] = [columns(U!, 0, 2), columns(U!, 2, 3)];
  const nulls = Array.from({ length: axis }, () => null);
  const results: Value[] = [];
  let h: Value | undefined;
  for (let i = 0; i < steps; i++) {
    const t = reverse ? steps - 1 - i : i;
    const now = ops.reshape(ops.slice(outer, ...nulls, { from: t, to: t + 1 }), ['rows', ...row, 3 * units]);
    const gates = columns(now, 0, 2);
    const both = ops.sigmoid(h ? ops.add(gates, ops.matmul(h, ofGates)) : gates);
    const [reset, update] = [columns(both, 0, 1), columns(both, 1, 2)];
    const inner = columns(now, 2, 3);
    const next = ops.tanh(h ? ops.add(inner, ops.matmul(ops.multiply(reset, h), ofNew)) : inner);
    // (1 − z)·n + z·h
    const kept = ops.multiply(update, h ? ops.subtract(h, next) : ops.negate(next));
    h = ops.add(next, kept);
    const front = axis === 2 ? [...row, 1, 1] : [1, 1, ...row];
    results[t] = ops.reshape(h, ['rows', ...front, units]);
  }
  return steps === 1 ? results[0]! : ops.concatenate(results, axis);
}
