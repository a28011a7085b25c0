import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';
import { panel } from './theme.js';

/** A point of a chart: x and y. */
export type Point = readonly [number, number];

/** What all charts of one panel may be told. */
export interface PanelOptions {
  readonly title?: string | undefined;
  /** A line of small print below the title. */
  readonly subtitle?: string | undefined;
  /** Of the panel without its axes, in SVG units; by default 380 × 260. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** The names of all options of a panel. */
export const panelOptionNames = ['title', 'subtitle', 'width', 'height'] as const satisfies (keyof PanelOptions)[];

/** One axis of a chart. */
export interface AxisOptions {
  readonly title: string;
  /** The range it shows; by default that of the data. What lies outside is cut off. */
  readonly domain?: Point | undefined;
  readonly scale?: 'linear' | 'log' | undefined;
  /** How numbers are written, in the notation of d3-format. */
  readonly format?: string | undefined;
}

/** Size and title of a panel as Vega-Lite wants them. */
export function frame({ title, subtitle, width = panel.width, height = panel.height }: PanelOptions) {
  return {
    width,
    height,
    ...(title === undefined ? {} : { title: { text: title, ...(subtitle === undefined ? {} : { subtitle }) } }),
  };
}

/**
 * A quantitative channel on that axis, with about so many ticks.
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

/** JSON knows no NaN and no infinity; Vega-Lite leaves a gap where it finds null. */
export function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an empty list */
export function requireSome(name: string, what: string, list: ArrayLike<unknown>): void {
  if (list.length === 0) throw badArgument(name, `at least one ${what}`, list);
}

/**
 * Whether a line through the points may be seen in a panel of those domains. What cannot be seen must be left out: resvg
 * ends the process over a clipped or see-through shape that lies beside the picture.
 */
export function isVisible(points: readonly Point[], { domain: x }: AxisOptions, { domain: y }: AxisOptions): boolean {
  const reaches = (axis: 0 | 1, domain: Point | undefined) =>
    !domain || (points.some((point) => point[axis] >= domain[0]) && points.some((point) => point[axis] <= domain[1]));
  return reaches(0, x) && reaches(1, y);
}
