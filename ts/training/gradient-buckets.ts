import { extentOf, operandsOf, overlap, type RecordedCall } from '../plan/recorded-call.js';
import type { Extent, Tensor } from '../tensor/tensor.js';
import type { Shards } from './shards.js';

/** Bytes from which on a part of a gradient is worth a message of its own: fewer take longer to announce than to send. */
const leastBytes = 1 << 20;

/**
 * The parts of a gradient that are summed at once: all of it, or several where their sums overlap with the backward pass.
 * @param parameters - as for `bucketsOf`
 */
export function partsOf(
  gradient: Tensor,
  parameters: readonly Tensor[],
  { exchange, overlaps }: Pick<Shards, 'exchange' | 'overlaps'>,
): readonly Tensor[] {
  return exchange !== undefined && overlaps ? bucketsOf(gradient, parameters) : [gradient];
}

/**
 * Cuts a gradient into parts that can be summed as soon as the backward pass has computed them. It computes the last layers
 * first, so parts begin at the end of the gradient; each has whole parameters, and at least a megabyte, but for the last one.
 * @param parameters - gradients of single parameters, which lie in `gradient` in any order
 */
export function bucketsOf(gradient: Tensor, parameters: readonly Tensor[]): readonly Tensor[] {
  const { BYTES_PER_ELEMENT: itemBytes, byteOffset } = gradient.data;
  const flat = gradient.reshape([gradient.size]);
  const places = parameters
    .filter(({ size }) => size > 0)
    .map(({ data }) => (data.byteOffset - byteOffset) / itemBytes);
  const buckets: Tensor[] = [];
  let end = gradient.size;
  for (const place of places.toSorted((a, b) => b - a)) {
    const begin = Math.max(0, place);
    if ((end - begin) * itemBytes < leastBytes || begin === 0) continue;
    buckets.push(flat.slice(begin, end));
    end = begin;
  }
  return end > 0 ? [...buckets, flat.slice(0, end)] : buckets;
}

/**
 * Runs recorded calls, and after the last one that uses the memory of a bucket what is to follow it; in the order of the
 * buckets, which is that of all ranks.
 */
export function runWithBuckets(
  calls: readonly RecordedCall[],
  buckets: readonly Tensor[],
  run: (call: RecordedCall) => void,
  then: (bucket: number) => void,
): void {
  const extents = calls.map((call) => operandsOf(call).map(extentOf));
  const uses = (bucket: Extent) => extents.findLastIndex((all) => all.some((extent) => overlap(extent, bucket)));
  const last = buckets.map(({ extent }) => uses(extent));
  let next = 0;
  const follow = (at: number) => {
    while (next < buckets.length && last[next]! <= at) then(next++);
  };
  for (const [at, call] of calls.entries()) {
    run(call);
    follow(at);
  }
  follow(calls.length);
}
