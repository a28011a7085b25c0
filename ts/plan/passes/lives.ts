import type { Arena, ArenaSlice } from '../../runtime/arena.js';
import { native } from '../../runtime/native.js';
import { type Extent, extentOf, isOperand, type RecordedCall } from '../recorded-call.js';

/** The first and the last call that use a part of a workspace. */
export interface Life {
  readonly slice: ArenaSlice;
  /** The number of calls where none uses it. */
  readonly first: number;
  /** −1 where none uses it; the number of calls where it is read after them. */
  readonly last: number;
  /** Whether the first call writes all of it and reads nothing of it. */
  readonly beginsWritten: boolean;
}

/**
 * Returns the lives of all parts of a workspace that was not arranged yet, in the order in which they were handed out.
 * @param kept - extents that are read after the calls
 */
export function livesOf(workspace: Arena, calls: readonly RecordedCall[], kept: readonly Extent[]): readonly Life[] {
  const lives = workspace.slices.map((slice) => ({ slice, first: calls.length, last: -1, beginsWritten: false }));
  for (const [i, call] of calls.entries()) {
    for (const { extent, writes } of usesOf(workspace, call)) {
      for (const life of within(lives, extent)) {
        if (life.last < 0) Object.assign(life, { first: i, beginsWritten: true });
        if (life.first === i) life.beginsWritten &&= writes && isWhole(extent, life.slice);
        life.last = i;
      }
    }
  }
  for (const extent of kept) {
    if (extent.memory === workspace) for (const life of within(lives, extent)) life.last = calls.length;
  }
  return lives;
}

/** Returns those of the lives whose parts an extent has bytes of; parts lie in their order. */
function within<L extends Life>(lives: readonly L[], { begin, end }: Extent): readonly L[] {
  let [low, high] = [0, lives.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { offset, bytes } = lives[middle]!.slice;
    if (offset + bytes <= begin) low = middle + 1;
    else high = middle;
  }
  let last = low;
  while (last < lives.length && lives[last]!.slice.offset < end) last++;
  return begin < end ? lives.slice(low, last).filter(({ slice }) => slice.bytes > 0) : [];
}

/** Whether an extent is a whole part of a workspace, but for the padding behind it. */
export function isWhole({ begin, end }: Extent, slice: ArenaSlice): boolean {
  const { alignment } = native.sizes as { alignment: number };
  return begin === slice.offset && Math.ceil((end - begin) / alignment) * alignment === slice.bytes;
}

interface Use {
  readonly extent: Extent;
  /** Whether it is written and not read. */
  readonly writes: boolean;
}

function usesOf(workspace: Arena, { kernel, args }: RecordedCall): readonly Use[] {
  const outputs = native.kernels[kernel]!.filter(({ output }) => output).map(({ name }) => name);
  const writes = (name: string) => outputs.includes(name) && (args.accumulate ?? 0) === 0;
  return Object.entries(args).flatMap(([name, argument]) => {
    if (!isOperand(argument)) return [];
    const extent = extentOf(argument);
    return extent.memory === workspace ? [{ extent, writes: writes(name) }] : [];
  });
}
