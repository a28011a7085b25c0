import { fieldsOf } from '../../core/fields.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type AttentionOptions, causalOrder, checkedAttention, farBelow } from '../attention-operands.js';
import { checkedRate, firstMaskStream } from '../dropout-draw.js';
import type { Tape } from '../tape.js';
import { Value } from '../value.js';
import { multiply } from './arithmetic.js';
import { where } from './comparison.js';
import { matmul } from './matmul.js';
import { reshape, transpose } from './movement.js';
import { softmax } from './softmax.js';

/** Probabilities that training drops. */
export interface AttentionDropout {
  /** From 0, which drops nothing, to less than 1. */
  readonly rate: number;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** The sequence of random numbers of that seed; default 0. */
  readonly stream?: number | undefined;
}

/**
 * softmax(scale · q·kᵀ) · v for each head (Vaswani et al. 2017). q is [m, steps, heads · size], k and v are [m, key steps, ..]
 * with the heads side by side in the last dimension, as in the result. The probabilities of long sequences are never all in
 * memory. A query that looks at no key gives zeros.
 * @param options - see {@link AttentionOptions}; `dropout` drops probabilities, as `ops.dropout` would
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`
 */
export function attention(
  tape: Tape,
  q: Value,
  k: Value,
  v: Value,
  options: AttentionOptions & { readonly dropout?: AttentionDropout | undefined },
): Value {
  fieldsOf('options', options, ['heads', 'causal', 'scale', 'mask', 'dropout']);
  const { heads, causal, scale, mask } = checkedAttention('attention', q, k, v, options);
  const [rows, queries] = q.shape as [number, number];
  const keys = k.shape[1]!;
  const { runner } = tape;
  const logSum = runner.tensor([rows, heads, queries]);
  const given = { q: q.tensor, k: k.tensor, v: v.tensor, logSum, heads, causal: Number(causal), scale };
  const drops = options.dropout === undefined ? undefined : dropoutArguments(tape, options.dropout);
  const kernel = drops ? 'attention_dropout' : mask ? 'attention_masked' : 'attention';
  const counting = mask?.tensor ?? (drops && ones(tape, [rows, keys]));
  const shared = { ...given, ...drops, ...(counting && { mask: counting }) };
  return tape.operation(
    [rows, queries, v.shape[2]!],
    [q, k, v],
    (y) => tape.run(`${kernel}_forward`, { ...shared, y }),
    (dy, y) => {
      const pass = ([dq, dk, dv]: readonly Tensor[], accumulate: 0 | 1) =>
        tape.run(`${kernel}_backward`, { ...shared, y, dy, dq: dq!, dk: dk!, dv: dv!, accumulate });
      tape.addGradients([q, k, v], pass);
    },
  );
}

/**
 * The probabilities of `attention`, [m, heads, steps of q, steps of k]: to draw them, or for attention of another kind. Those
 * of a query that looks at no key are 0.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`
 */
export function attentionWeights(tape: Tape, q: Value, k: Value, options: AttentionOptions): Value {
  fieldsOf('options', options, ['heads', 'causal', 'scale', 'mask']);
  const { heads, causal, scale, mask } = checkedAttention('attentionWeights', q, k, k, options);
  const [rows, queries] = q.shape as [number, number];
  const keys = k.shape[1]!;
  const split = (x: Value, steps: number, order: readonly number[]) =>
    transpose(tape, reshape(tape, x, [rows, steps, heads, x.shape[2]! / heads]), order);
  const scores = multiply(tape, matmul(tape, split(q, queries, [0, 2, 1, 3]), split(k, keys, [0, 2, 3, 1])), scale);
  const order = causal ? new Value(causalOrder(queries, keys, tape.runner.dtype)) : undefined;
  const row = mask && reshape(tape, mask, [rows, 1, 1, keys]);
  const counts = row && order ? multiply(tape, row, order) : (row ?? order);
  if (!counts) return softmax(tape, scores);
  // Where no key counts, all scores are the same, and the second factor makes their probabilities 0.
  return multiply(tape, softmax(tape, where(tape, counts, scores, farBelow)), counts);
}

function ones(tape: Tape, shape: readonly number[]): Tensor {
  const tensor = tape.runner.tensor(shape);
  tape.run('fill', { y: tensor.reshape([tensor.size]), value: 1 });
  return tensor;
}

function dropoutArguments(tape: Tape, dropout: AttentionDropout) {
  const { rate, seed = 0, stream = 0 } = fieldsOf('dropout', dropout, ['rate', 'seed', 'stream']);
  if (checkedRate('rate', rate) === 0) return undefined;
  return { rate, seed, stream: firstMaskStream + stream, step: tape.runner.step };
}
