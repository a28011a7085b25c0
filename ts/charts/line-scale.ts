/** The scale and range of an axis of values. */
export interface LineScale {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  /** The value at which lines are cut off, where the axis does not show all of them. */
  readonly cut?: number;
}

/** A point of a line; null makes a gap. */
interface LinePoint {
  readonly x: number | null;
  readonly y: number | null;
  /** False for the end of a line that is cut off. */
  readonly isCheckpoint: boolean;
}

/** The share of each line's values that may be outliers: the first epochs, and single peaks. */
const outliers = 0.2;
/** The least share of the axis that all other values should take, so that their course can be seen. */
const leastShare = { high: 0.1, low: 0.05 };
/** The least share on a logarithmic axis, so that it is better than to cut lines off. */
const leastLogShare = 0.2;
/** The least ratio of greatest to least value at which a logarithmic scale pays. */
const leastRatio = 10;

/**
 * Chooses the scale for lines that run far out at one end, such as losses: those of the first epochs may be a hundred
 * times as high as the rest. Outliers are the outermost fifth of each line. The scale is linear over all values where the
 * others take at least a tenth of the axis (a twentieth for accuracies). If they do not, it is logarithmic where all
 * values are above 0 and the others take a fifth of such an axis; else linear over the others, with the lines cut off.
 *
 * @param lines values of each line; null for gaps
 * @param end where outliers are looked for: `high` for losses, `low` for accuracies, whose axis has no 0 to begin with
 * @returns undefined where there is no value
 */
export function scaleFor(lines: readonly (readonly (number | null)[])[], end: 'high' | 'low'): LineScale | undefined {
  const known = lines.map((line) => line.filter((value) => value !== null)).filter((line) => line.length > 0);
  if (known.length === 0) return undefined;
  const sign = end === 'high' ? 1 : -1;
  const low = known.reduce((least, line) => line.reduce((a, b) => Math.min(a, b), least), Number.POSITIVE_INFINITY);
  const high = known.reduce((most, line) => line.reduce((a, b) => Math.max(a, b), most), Number.NEGATIVE_INFINITY);
  // The outermost value of each line without its outliers.
  const bulks = known.map((line) => {
    const sorted = line.toSorted((a, b) => sign * (a - b));
    const dropped = sorted.length < 3 ? 0 : Math.max(1, Math.floor(outliers * sorted.length));
    return sorted[sorted.length - 1 - dropped]!;
  });
  const bulk = end === 'high' ? Math.max(...bulks) : Math.min(...bulks);
  const whole: LineScale = { type: 'linear', domain: [end === 'high' ? Math.min(0, low) : low, high] };
  const inner = end === 'high' ? low : high;
  const range = whole.domain[1] - whole.domain[0];
  if (bulk === inner || Math.abs(bulk - inner) >= leastShare[end] * range) return whole;
  if (end === 'high' && low > 0 && high / low >= leastRatio) {
    if (Math.log(bulk / low) >= leastLogShare * Math.log(high / low)) return logScale(low, high);
  }
  // Ends that are ticks, so that the axis ends where lines are cut off.
  const step = tickStep(Math.abs(bulk - inner));
  const domain = [below(Math.min(bulk, inner), step), -below(-Math.max(bulk, inner), step)] as const;
  return { type: 'linear', domain, cut: domain[end === 'high' ? 1 : 0] };
}

/** The distance of about six ticks over a range: 1, 2 or 5 times a power of 10. */
function tickStep(range: number): number {
  const power = 10 ** Math.floor(Math.log10(range / 6));
  const factor = range / 6 / power;
  return power * (factor >= Math.sqrt(50) ? 10 : factor >= Math.sqrt(10) ? 5 : factor >= Math.SQRT2 ? 2 : 1);
}

/** The greatest multiple of a step that is not above the value. */
function below(value: number, step: number): number {
  const steps = Math.floor(Number((value / step).toPrecision(12)));
  return Number((steps * step).toPrecision(12)) || 0;
}

/**
 * Cuts a line off at a value: parts beyond it become gaps that begin and end at that value. Chart libraries that clip
 * lines keep room for the parts that they do not show.
 *
 * @param end the side that is cut off
 */
export function cutOff<P extends LinePoint>(points: readonly P[], cut: number, end: 'high' | 'low'): P[] {
  const isBeyond = (y: number) => (end === 'high' ? y > cut : y < cut);
  return points.flatMap((point, i) => {
    const before = points[i - 1];
    const crossing = before && crossingOf(before, point, cut);
    if (point.y === null || !isBeyond(point.y)) return crossing ? [crossing, point] : [point];
    return [...(crossing ? [crossing] : []), { ...point, y: null }];
  });
}

/** The point between two others at which the line has the value; undefined where it has not. */
function crossingOf<P extends LinePoint>(from: P, to: P, value: number): P | undefined {
  if (from.y === null || to.y === null || from.x === null || to.x === null) return undefined;
  if ((from.y - value) * (to.y - value) >= 0) return undefined;
  return { ...to, isCheckpoint: false, x: from.x + ((value - from.y) / (to.y - from.y)) * (to.x - from.x), y: value };
}

/** Returns a logarithmic scale over values above 0; a single value gets a decade around it. */
export function logScale(low: number, high: number): LineScale {
  const margin = low < high ? 1 : Math.sqrt(10);
  return { type: 'log', domain: [low / margin, high * margin] };
}
