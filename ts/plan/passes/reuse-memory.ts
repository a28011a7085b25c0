import type { Arena, ArenaSlice } from '../../runtime/arena.js';
import { type Extent, extentOf, operandsOf, type RecordedCall } from '../recorded-call.js';

/** The first and the last call that use a part of a workspace. */
interface Life {
  readonly slice: ArenaSlice;
  first: number;
  last: number;
}

/**
 * Arranges a workspace so that tensors that are never used at the same time share memory. For plans whose tensors are all
 * written before they are read, as those of predictions are.
 * @param kept - extents that are read after the calls
 */
export function reuseMemory(workspace: Arena, calls: readonly RecordedCall[], kept: readonly Extent[]): void {
  const uses = calls.map((call) =>
    operandsOf(call)
      .map(extentOf)
      .filter(({ memory }) => memory === workspace),
  );
  const last = calls.length;
  const lives: Life[] = [];
  const placed = new Map<ArenaSlice, number>();
  workspace.arrange((slice) => {
    const end = slice.offset + slice.bytes;
    const touches = ({ begin, end: to }: Extent) => begin < end && slice.offset < to;
    const at = uses.flatMap((extents, i) => (extents.some(touches) ? [i] : []));
    const isKept = kept.some((extent) => extent.memory === workspace && touches(extent));
    if (at.length > 0 || isKept) lives.push({ slice, first: at[0] ?? last, last: isKept ? last : at.at(-1)! });
    return slice.offset;
  });
  // The largest first, each at the lowest place that is free while it is of use.
  const done: Life[] = [];
  for (const life of lives.toSorted((a, b) => b.slice.bytes - a.slice.bytes || a.first - b.first)) {
    const taken = done
      .filter((other) => other.first <= life.last && life.first <= other.last)
      .map(({ slice }) => [placed.get(slice)!, placed.get(slice)! + slice.bytes] as const)
      .sort(([a], [b]) => a - b);
    let offset = 0;
    for (const [begin, end] of taken) if (offset + life.slice.bytes > begin) offset = Math.max(offset, end);
    placed.set(life.slice, offset);
    done.push(life);
  }
  workspace.arrange((slice) => placed.get(slice) ?? 0);
}
