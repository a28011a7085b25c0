import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { panel } from './theme.js';

/** A point of a chart: x and y. */
export type Point = readonly [number, number];

/** Options of all charts with one panel. */
export interface PanelOptions {
  readonly title?: string | undefined;
  /** A line of small print below the title. */
  readonly subtitle?: string | undefined;
  /** Width of the panel without its axes, in SVG units; default 380. */
  readonly width?: number | undefined;
  /** Height of the panel without its axes, in SVG units; default 260. */
  readonly height?: number | undefined;
}

/** The names of all options of a panel. */
export const panelOptionNames = ['title', 'subtitle', 'width', 'height'] as const satisfies (keyof PanelOptions)[];

/** One axis of a chart. */
export interface AxisOptions {
  readonly title: string;
  /** The range of the axis; default: that of the data. Values outside are cut off. */
  readonly domain?: Point | undefined;
  readonly scale?: 'linear' | 'log' | undefined;
  /** The format of the numbers, in the notation of d3-format. */
  readonly format?: string | undefined;
}

/** Returns size and title of a panel as Vega-Lite has them. */
export function frame({ title, subtitle, width = panel.width, height = panel.height }: PanelOptions) {
  return {
    width,
    height,
    ...(title === undefined ? {} : { title: { text: title, ...(subtitle === undefined ? {} : { subtitle }) } }),
  };
}

/**
 * Returns a quantitative channel for an axis with about so many ticks.
 *
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option of the axis
 */
export function quantitative(field: string, axis: AxisOptions, tickCount = 6) {
  checkOptions(axis, ['title', 'domain', 'scale', 'format'], `the axis ${field}`);
  const { title, domain, scale = 'linear', format } = axis;
  return {
    field,
    type: 'quantitative',
    title,
    scale: {
      ...(scale === 'linear' ? { zero: false } : { type: scale }),
      ...(domain ? { domain: [...domain] as [number, number], nice: false } : {}),
    },
    axis: { tickCount, ...(format === undefined ? {} : { format }) },
  } as const;
}

/** Replaces NaN and infinity, which JSON does not have, by null, for which Vega-Lite leaves a gap. */
export function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an empty list */
export function requireSome(name: string, what: string, list: ArrayLike<unknown>): void {
  if (list.length === 0) throw badArgument(name, `at least one ${what}`, list);
}

/**
 * Tells whether a line through the points may be visible in a panel of those domains. Invisible lines must be left out:
 * resvg ends the process over a clipped or transparent shape that lies beside the picture.
 */
export function isVisible(points: readonly Point[], { domain: x }: AxisOptions, { domain: y }: AxisOptions): boolean {
  const reaches = (axis: 0 | 1, domain: Point | undefined) =>
    !domain || (points.some((point) => point[axis] >= domain[0]) && points.some((point) => point[axis] <= domain[1]));
  return reaches(0, x) && reaches(1, y);
}
