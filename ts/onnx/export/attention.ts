// @internal
import { badArgument } from '../../core/errors.js';
import { type AttentionOptions, causalOrder, checkedAttention, farBelow } from '../../ops/attention-operands.js';
import type { Ops } from '../../ops/ops.js';
import { Value } from '../../ops/value.js';
import { elementTypes } from '../messages.js';
import type { Emission } from './emission.js';

/** [m, steps, heads · size] as [m, heads, ..] in an order of the four dimensions. */
function split(e: Emission, x: Value, heads: number, perm: readonly number[]): string {
  const [, steps, features] = x.shape as [number, number, number];
  const parts = e.node('Reshape', [e.nameOf(x), e.integers([-1, steps, heads, features / heads])]);
  return e.node('Transpose', [parts], { perm });
}

/** The factors of probabilities: 1 for keys that count, broadcasting to [m, heads, queries, keys]. */
function counting(e: Emission, mask: Value | undefined, order: Value | undefined): string | undefined {
  const row = mask && e.node('Reshape', [e.nameOf(mask), e.integers([-1, 1, 1, mask.shape[1]!])]);
  if (row === undefined || order === undefined) return row ?? (order && e.nameOf(order));
  return e.node('Mul', [row, e.nameOf(order)]);
}

function probabilities(e: Emission, name: string, q: Value, k: Value, v: Value, options: AttentionOptions): string {
  const { heads, causal, scale, mask } = checkedAttention(name, q, k, v, options);
  const product = e.node('MatMul', [split(e, q, heads, [0, 2, 1, 3]), split(e, k, heads, [0, 2, 3, 1])]);
  const scores = e.node('Mul', [product, e.scalar(scale)]);
  const order = causal
    ? new Value(causalOrder(q.shape[1]!, k.shape[1]!, e.isFloat64 ? 'float64' : 'float32'))
    : undefined;
  const counts = counting(e, mask, order);
  if (counts === undefined) return e.node('Softmax', [scores], { axis: -1 });
  const keeps = e.node('Cast', [counts], { to: elementTypes.bool });
  const shifted = e.node('Where', [keeps, scores, e.scalar(farBelow)]);
  return e.node('Mul', [e.node('Softmax', [shifted], { axis: -1 }), counts]);
}

export function attentionWeights(e: Emission): string {
  const [q, k, options] = e.call.args as Parameters<Ops['attentionWeights']>;
  return probabilities(e, 'attentionWeights', q, k, k, options);
}

export function attention(e: Emission): string {
  const [q, k, v, options] = e.call.args as Parameters<Ops['attention']>;
  if (options.dropout?.rate)
    throw badArgument('call', 'no dropout outside of training, as context.training says,', 'dropout');
  const p = probabilities(e, 'attention', q, k, v, options);
  const product = e.node('MatMul', [p, split(e, v, options.heads, [0, 2, 1, 3])]);
  const beside = e.node('Transpose', [product], { perm: [0, 2, 1, 3] });
  return e.node('Reshape', [beside, e.integers([-1, ...e.call.result.shape.slice(1)])]);
}
