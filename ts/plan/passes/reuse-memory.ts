import type { Arena, ArenaSlice } from '../../runtime/arena.js';
import type { Extent, RecordedCall } from '../recorded-call.js';
import { livesOf } from './lives.js';

/** Parts of a workspace that lie in the same place, and the calls between which they are of use. */
interface Place {
  readonly slice: ArenaSlice;
  first: number;
  last: number;
}

/**
 * Arranges a workspace so that tensors that are never used at the same time share memory. For plans whose tensors are all
 * written before they are read, as those of predictions are.
 * @param kept - extents that are read after the calls
 * @param shared - parts, and those whose memory they take
 */
export function reuseMemory(
  workspace: Arena,
  calls: readonly RecordedCall[],
  kept: readonly Extent[],
  shared: ReadonlyMap<ArenaSlice, ArenaSlice> = new Map(),
): void {
  const placeOf = (slice: ArenaSlice) => shared.get(slice) ?? slice;
  const places = new Map<ArenaSlice, Place>();
  for (const { slice, first, last } of livesOf(workspace, calls, kept)) {
    if (last < 0) continue;
    const place = places.get(placeOf(slice));
    if (!place) places.set(placeOf(slice), { slice: placeOf(slice), first, last });
    else Object.assign(place, { first: Math.min(place.first, first), last: Math.max(place.last, last) });
  }
  const offsets = new Map<ArenaSlice, number>();
  // The largest first, each at the lowest place that is free while it is of use.
  const done: Place[] = [];
  for (const place of [...places.values()].toSorted((a, b) => b.slice.bytes - a.slice.bytes || a.first - b.first)) {
    const taken = done
      .filter((other) => other.first <= place.last && place.first <= other.last)
      .map(({ slice }) => [offsets.get(slice)!, offsets.get(slice)! + slice.bytes] as const)
      .sort(([a], [b]) => a - b);
    let offset = 0;
    for (const [begin, end] of taken) if (offset + place.slice.bytes > begin) offset = Math.max(offset, end);
    offsets.set(place.slice, offset);
    done.push(place);
  }
  workspace.arrange((slice) => offsets.get(placeOf(slice)) ?? 0);
}

/** Arranges a workspace so that the given parts take the memory of others, and the others lie one behind the other. */
export function shareMemory(workspace: Arena, shared: ReadonlyMap<ArenaSlice, ArenaSlice>): void {
  if (shared.size === 0) return;
  const offsets = new Map<ArenaSlice, number>();
  let next = 0;
  for (const slice of workspace.slices) {
    if (shared.has(slice)) continue;
    offsets.set(slice, next);
    next += slice.bytes;
  }
  workspace.arrange((slice) => offsets.get(shared.get(slice) ?? slice)!);
}
