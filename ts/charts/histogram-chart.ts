import type { TopLevelSpec } from 'vega-lite';
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import { frame, type PanelOptions, type Point, panelOptionNames, quantitative, requireSome } from './panel.js';
import type { Panel } from './specification.js';

/** Options of `histogram`. */
export interface HistogramOptions {
  /** Number of bins; default 40. */
  readonly bins?: number | undefined;
  /** The range that the bins divide; default: that of the values. Values beyond it count in the outermost bins. */
  readonly domain?: Point | undefined;
}

/** Options of `histogramChart`. */
export interface HistogramChartOptions extends PanelOptions, HistogramOptions {
  /** Title of the axis of values. */
  readonly x: string;
  /** Title of the axis of shares. */
  readonly y?: string | undefined;
  /** The format of the values' axis, in the notation of d3-format. */
  readonly format?: string | undefined;
  /** The end of the axis of shares; default: the greatest share. Taller bars are cut off. */
  readonly maxShare?: number | undefined;
}

/** A range of values from `from` to `to`, and the share of all values that lie there. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/**
 * Computes the shares of the values in bins of equal width. The shares add up to 1.
 *
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for no values, a value that is not finite, an empty domain, or an unknown option
 */
export function histogram(values: ArrayLike<number>, options: HistogramOptions = {}): Bin[] {
  checkOptions(options, ['bins', 'domain']);
  const { bins = 40, domain } = options;
  requireSome('values', 'value', values);
  const lost = Array.prototype.find.call(values, (value: number) => !Number.isFinite(value));
  if (lost !== undefined) throw badArgument('values', 'finite numbers', lost);
  if (!(Number.isInteger(bins) && bins > 0)) throw badArgument('bins', 'a whole number above 0', bins);
  const [low, high] = domain ?? rangeOf(values);
  if (!(low < high)) throw badArgument('domain', 'a range of numbers', `${low} to ${high}`);
  const counts = new Array<number>(bins).fill(0);
  const width = (high - low) / bins;
  for (let i = 0; i < values.length; i++) {
    counts[Math.max(0, Math.min(bins - 1, Math.floor((values[i]! - low) / width)))]!++;
  }
  return counts.map((count, i) => ({
    from: low + i * width,
    to: low + (i + 1) * width,
    share: count / values.length,
  }));
}

/**
 * Draws the distribution of values: a bar for each bin of `histogram`.
 *
 * @throws BlasnetError as `histogram`
 */
export function histogramChart(values: ArrayLike<number>, options: HistogramChartOptions): Panel {
  checkOptions(options, [...panelOptionNames, 'bins', 'domain', 'x', 'y', 'format', 'maxShare']);
  const { x, y = 'Share of the values', format, maxShare } = options;
  const bins = histogram(values, definedFields({ bins: options.bins, domain: options.domain }));
  return {
    ...frame(options),
    data: { values: bins },
    encoding: {
      x: quantitative('from', {
        title: x,
        domain: [bins[0]!.from, bins.at(-1)!.to],
        ...(format === undefined ? {} : { format }),
      }),
      y: quantitative(
        'share',
        {
          title: y,
          format: '~%',
          domain: [0, maxShare ?? Math.max(...bins.map(({ share }) => share))],
        },
        4,
      ),
    },
    layer: [
      {
        mark: { type: 'rect', clip: true, stroke: 'white', strokeWidth: 0.5 },
        encoding: { x2: { field: 'to' }, y2: { datum: 0 } },
      },
    ],
  } satisfies TopLevelSpec;
}

/** The range of the values, or a little more where all are equal. */
function rangeOf(values: ArrayLike<number>): Point {
  let low = values[0]!;
  let high = low;
  for (let i = 1; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}
