// @internal
import { sizeOf } from '../../tensor/tensor.js';
import { type Extent, holdsRows, rowsTimes, timesOf } from './extents.js';
import type { RowsValue } from './graph-values.js';

/**
 * The place of the rows in the model's shape of a value. In the net the rows are always the first dimension. In the model they are
 * in any dimension, also as one factor of it: attention of B rows and H heads has the shape [T, B · H, d], which is [B, T, H, d]
 * in the net. The other dimensions and factors have the same order in both.
 */
export interface Layout {
  /** The model's dimension that holds the rows. */
  readonly at: number;
  /** The factor of this dimension in front of the rows, and that behind them; 1 for none. */
  readonly front: number;
  readonly behind: number;
}

/** The rows as first dimension, as in the net. */
export const plainLayout: Layout = { at: 0, front: 1, behind: 1 };

export const layoutOf = ({ layout }: RowsValue): Layout => layout ?? plainLayout;

/** Whether the rows are the first dimension, and nothing else is part of it. */
export const isPlain = ({ at, front, behind }: Layout) => at === 0 && front === 1 && behind === 1;

export const isSameLayout = (a: Layout, b: Layout): boolean =>
  a.at === b.at && a.front === b.front && a.behind === b.behind;

/** The value with another place of its rows in the model. */
export function laidOut({ layout: _, ...plain }: RowsValue, layout: Layout): RowsValue {
  return isPlain(layout) ? plain : { ...plain, layout };
}

/** The value with its rows as first dimension, as in the net. */
export const withoutLayout = (value: RowsValue): RowsValue => laidOut(value, plainLayout);

/** How many of the net's dimensions are factors of the one that holds the rows. */
export const factorsOf = ({ front, behind }: Layout): number => Number(front > 1) + Number(behind > 1);

/** The factors of the dimension that holds the rows, as the net has them. */
const factorLengths = ({ front, behind }: Layout): number[] => [front, behind].filter((factor) => factor > 1);

/** The model's dimensions of rows of that shape. */
export function extentsOf(rowShape: readonly number[], layout: Layout): Extent[] {
  const { at, front, behind } = layout;
  return [...rowShape.slice(0, at), rowsTimes(front * behind), ...rowShape.slice(at + factorsOf(layout))];
}

/** The shape of a row where the model has these dimensions. */
export function rowShapeFor(extents: readonly Extent[], layout: Layout): number[] {
  const numbers = extents as readonly number[];
  return [...numbers.slice(0, layout.at), ...factorLengths(layout), ...numbers.slice(layout.at + 1)];
}

/** The net's dimension for one of the model that does not hold the rows. */
export const netAxis = (layout: Layout, place: number): number =>
  place < layout.at ? place + 1 : place + factorsOf(layout);

/**
 * The place of the rows after a Reshape; undefined where the new shape mixes the numbers of different rows.
 * @param target - the shape, in which one length may be −1
 * @param fixed - the number of rows where the model fixes it: then a number may stand for the rows
 */
export function reshapedLayout(
  from: readonly Extent[],
  layout: Layout,
  target: readonly Extent[],
  fixed: number | undefined,
): { readonly extents: readonly Extent[]; readonly layout: Layout } | undefined {
  const numbers = from as readonly number[];
  /** How many numbers there are in front of the rows, and behind them. */
  const before = sizeOf(numbers.slice(0, layout.at)) * layout.front;
  const after = sizeOf(numbers.slice(layout.at + 1)) * layout.behind;
  const full = completed(target, before * after, fixed);
  if (!full) return undefined;
  const fits = full.flatMap((extent, at): Layout[] => {
    if (full.some((one, i) => i !== at && holdsRows(one)) || (!holdsRows(extent) && fixed === undefined)) return [];
    const behind = after / sizeOf(full.slice(at + 1) as number[]);
    const front = before / sizeOf(full.slice(0, at) as number[]);
    const length = holdsRows(extent) ? timesOf(extent) : extent / fixed!;
    const isFit = Number.isSafeInteger(front) && Number.isSafeInteger(behind) && front * behind === length;
    return isFit ? [{ at, front, behind }] : [];
  });
  // Of one row there may be several places: best is one that holds nothing else.
  const [first] = fits.toSorted((a, b) => a.front * a.behind - b.front * b.behind);
  if (!first) return undefined;
  return { extents: full.with(first.at, rowsTimes(first.front * first.behind)), layout: first };
}

/** A shape with the length in place of −1; undefined where no length fits. */
function completed(target: readonly Extent[], size: number, fixed: number | undefined): readonly Extent[] | undefined {
  const place = target.indexOf(-1);
  const known = target.filter((_, i) => i !== place);
  if (known.some((extent) => !holdsRows(extent) && extent < 1)) return undefined;
  if (place < 0) return target;
  const hasRows = known.some(holdsRows);
  const times = sizeOf(known.map((extent) => (holdsRows(extent) ? timesOf(extent) : extent)));
  const total = !hasRows && fixed !== undefined ? size * fixed : size;
  const rest = total / times;
  if (!Number.isSafeInteger(rest) || rest < 1) return undefined;
  return target.with(place, hasRows || fixed !== undefined ? rest : rowsTimes(rest));
}
