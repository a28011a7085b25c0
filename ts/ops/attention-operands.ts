// @internal
import { badArgument, shapeMismatch } from '../core/errors.js';
import { type DType, Tensor } from '../tensor/tensor.js';
import { Value } from './value.js';
import { checkedSize } from './windows.js';

/** Options of `attention` and `attentionWeights`. */
export interface AttentionOptions {
  /** How many heads the features of q, k and v are divided into. */
  readonly heads: number;
  /** Whether query i looks at keys 0 to i only; default false. */
  readonly causal?: boolean | undefined;
  /** The factor of the scores; default 1/√(features of q / heads). */
  readonly scale?: number | undefined;
  /** m × steps of k: queries look only at keys whose number is not 0. Without it, all keys count. */
  readonly mask?: Value | undefined;
}

/** Checks operands of `attention` and options, and fills in defaults. */
export function checkedAttention(name: string, q: Value, k: Value, v: Value, options: AttentionOptions) {
  const { heads, causal = false, mask } = options;
  checkedSize('heads', heads);
  if (typeof causal !== 'boolean') throw badArgument('causal', 'true or false', causal);
  for (const operand of [q, k, v]) if (!(operand instanceof Value)) throw badArgument(name, 'Values', operand);
  const fits =
    [q, k, v].every(({ rank, shape }) => rank === 3 && shape[0] === q.shape[0]) &&
    k.shape[1] === v.shape[1] &&
    q.shape[2] === k.shape[2] &&
    [q, k, v].every(({ shape }) => shape[1]! > 0 && shape[2]! > 0);
  const texts = [q, k, v].map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
  if (!fits) {
    throw shapeMismatch(`${name}'s operands`, 'q of [m, steps, features], k and v of [m, key steps, ..]', texts);
  }
  if (q.shape[2]! % heads !== 0 || v.shape[2]! % heads !== 0) {
    throw shapeMismatch(`${name}'s operands`, `features that ${heads} heads divide`, texts);
  }
  if (mask !== undefined && !(mask instanceof Value)) throw badArgument('mask', 'a Value', mask);
  if (mask && mask.shape.join() !== k.shape.slice(0, 2).join()) {
    const expected = `shape [${k.shape.slice(0, 2).join(', ')}], a number for each key`;
    throw shapeMismatch(`${name}'s mask`, expected, `[${mask.shape.join(', ')}]`);
  }
  const { scale = 1 / Math.sqrt(q.shape[2]! / heads) } = options;
  if (typeof scale !== 'number' || !Number.isFinite(scale)) throw badArgument('scale', 'a finite number', scale);
  return { heads, causal, scale, mask };
}

/** The score of a key that does not count: far below all others, so that its probability is exactly 0. */
export const farBelow = -1e30;

/** [queries, keys]: 1 where a causal query looks at a key, and 0 elsewhere. */
export function causalOrder(queries: number, keys: number, dtype: DType): Tensor {
  const order = Tensor.zeros([queries, keys], dtype);
  for (let i = 0; i < queries; i++) order.data.fill(1, i * keys, i * keys + Math.min(i + 1, keys));
  return order;
}
