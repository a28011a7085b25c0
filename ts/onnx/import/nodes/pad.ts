// @internal
import type { Value } from '../../../ops/value.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';
import { places } from '../places.js';
import { quote } from '../quote.js';
import type { RowOps } from '../recorder.js';

/** Numbers in front of a dimension and behind it; negative ones cut off. */
export interface Margin {
  readonly before: number;
  readonly behind: number;
}

const modes = ['constant', 'edge', 'reflect', 'wrap'];

/** Pad; its pads were attributes before operator set 11. */
export function pad(state: GraphImport, node: OnnxNode): void {
  const x = state.floats(node);
  const dims = state.dims(x);
  const mode = node.string('mode', 'constant');
  if (!modes.includes(mode)) throw node.bad('a known mode', quote(mode));
  const pads = state.listed(node, 'pads', 1);
  const value = state.scalar(node, 2) ?? node.float('value', 0);
  const axes = state.has(node, 3) ? state.integers(node, 3) : dims.map((_, i) => i);
  if (pads?.length !== 2 * axes.length || pads.some((count) => Math.abs(count) >= 2 ** 31)) {
    throw node.bad(`two pads for each of ${axes.length} axes`, `[${pads?.slice(0, 9).join(', ') ?? ''}]`);
  }
  state.operation(node, [x], (form, [given]) => {
    let y = given!;
    for (const [i, axis] of axes.entries()) {
      const margin = { before: pads[i]!, behind: pads[i + axes.length]! };
      if (margin.before === 0 && margin.behind === 0) continue;
      const place = form.axis(given!, axis);
      y = padded(node, form, y, place, margin, mode, value);
    }
    return y;
  });
}

function padded(
  node: OnnxNode,
  { ops }: Form,
  x: Value,
  axis: number,
  { before, behind }: Margin,
  mode: string,
  value: number,
): Value {
  const length = x.shape[axis]!;
  if (length + before + behind < 1) throw node.bad('pads that leave numbers', `${before} and ${behind} of ${length}`);
  if (mode !== 'constant') {
    if (mode === 'reflect' && Math.max(before, behind) >= length) {
      throw node.bad(`pads of less than ${length} by reflection`, `${before} and ${behind}`);
    }
    const sources = places(length + before + behind, (i) => placeOf(i - before, length, mode));
    return ops.gather(x, sources, axis);
  }
  const cut = ops.slice(x, ...Array.from({ length: axis }, () => null), {
    from: Math.max(-before, 0),
    to: length - Math.max(-behind, 0),
  });
  return surrounded(ops, before < 0 || behind < 0 ? cut : x, axis, { before, behind }, value);
}

/** Where a place outside of a dimension takes its number from. */
function placeOf(i: number, length: number, mode: string): number {
  if (mode === 'edge') return Math.min(Math.max(i, 0), length - 1);
  if (mode === 'wrap') return ((i % length) + length) % length;
  if (i < 0) return -i;
  return i < length ? i : 2 * (length - 1) - i;
}

/** Puts copies of a number in front of a dimension and behind it. */
export function surrounded(ops: RowOps, x: Value, axis: number, { before, behind }: Margin, value: number): Value {
  const block = (count: number) =>
    ops.where(
      0,
      ops.gather(
        x,
        places(count, () => 0),
        axis,
      ),
      value,
    );
  const parts = [...(before > 0 ? [block(before)] : []), x, ...(behind > 0 ? [block(behind)] : [])];
  return parts.length === 1 ? x : ops.concatenate(parts, axis);
}
