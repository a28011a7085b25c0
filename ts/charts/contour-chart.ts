import type { TopLevelSpec } from 'vega-lite';
import { checkOptions } from '../core/fields.js';
import { isolines } from './isolines.js';
import type { Series } from './line-chart.js';
import {
  finite,
  frame,
  isVisible,
  type PanelOptions,
  type Point,
  panelOptionNames,
  quantitative,
  requireSome,
} from './panel.js';
import type { Panel } from './specification.js';
import { palette } from './theme.js';
import { thin } from './thin.js';

/** Options of `contourChart`. */
export interface ContourChartOptions extends PanelOptions {
  readonly x: { readonly title: string; readonly domain: Point };
  readonly y: { readonly title: string; readonly domain: Point };
  /** Values of the function at which lines are drawn; default: twelve that divide the area into equal shares. */
  readonly levels?: readonly number[] | undefined;
  /** A point that is marked by a cross, such as the minimum. */
  readonly goal?: Point | undefined;
}

const gridSize = 81;
const defaultLevels = 12;
const maxSteps = 1000;
/** Paths of up to so many steps get a dot for each. */
const maxDots = 60;

/**
 * Draws paths over the level lines of a function of two numbers, such as the steps of optimizers. A ring marks the start
 * of each path. A smaller domain zooms in.
 *
 * @param paths one for each colour; none for the level lines alone
 */
export function contourChart(
  value: (x: number, y: number) => number,
  paths: readonly Series[],
  options: ContourChartOptions,
): Panel {
  checkOptions(options, [...panelOptionNames, 'x', 'y', 'levels', 'goal']);
  const names = paths.map(({ name }) => name);
  const color = {
    field: 'series',
    type: 'nominal',
    scale: { domain: names, range: names.map((_, index) => palette[index % palette.length]!) },
    legend: names.length > 1 ? { title: null, symbolType: 'stroke' as const } : null,
  } as const;
  const order = { field: 'order', type: 'quantitative' } as const;
  const starts = paths.flatMap(({ name: series, points }) => {
    requireSome(`the path of ${series}`, 'point', points);
    const [start] = points as [Point];
    return isVisible([start], options.x, options.y) ? [{ series, x: finite(start[0]), y: finite(start[1]) }] : [];
  });
  const ring = { type: 'point', clip: true, size: 70, strokeWidth: 2, fill: 'white', opacity: 1 } as const;
  const cross = {
    type: 'point',
    clip: true,
    shape: 'cross',
    size: 60,
    color: '#333333',
    filled: true,
    opacity: 1,
  } as const;
  return {
    ...frame(options),
    encoding: { x: withoutGrid(quantitative('x', options.x)), y: withoutGrid(quantitative('y', options.y)) },
    layer: [
      {
        data: { values: levelRows(value, options) },
        mark: { type: 'line', clip: true, color: '#cfcfcf', strokeWidth: 1, aria: false },
        encoding: { detail: { field: 'line' }, order },
      },
      ...paths.map(({ name, points }) => ({
        data: { values: pathRows(name, isVisible(points, options.x, options.y) ? points : []) },
        mark: { type: 'line', clip: true, strokeWidth: 1.5, point: points.length <= maxDots && { size: 18 } } as const,
        encoding: { color, order },
      })),
      { data: { values: starts }, mark: ring, encoding: { color } },
      ...(options.goal ? [{ data: { values: [{ x: options.goal[0], y: options.goal[1] }] }, mark: cross }] : []),
    ],
  } satisfies TopLevelSpec;
}

/** Grid lines would be taken for level lines. */
function withoutGrid<Channel extends { readonly axis: object }>(channel: Channel) {
  return { ...channel, axis: { ...channel.axis, grid: false } };
}

function levelRows(value: (x: number, y: number) => number, { x, y, levels }: ContourChartOptions) {
  const at = ([low, high]: Point, index: number) => low + (index * (high - low)) / (gridSize - 1);
  const values = Array.from({ length: gridSize ** 2 }, (_, node) =>
    value(at(x.domain, node % gridSize), at(y.domain, Math.floor(node / gridSize))),
  );
  return (levels ?? equalShares(values))
    .flatMap((level) => isolines({ columns: gridSize, rows: gridSize, values }, level))
    .flatMap((points, line) =>
      points.map(([column, row], order) => ({ line, order, x: at(x.domain, column), y: at(y.domain, row) })),
    );
}

/** Returns levels with equally many values between them. */
function equalShares(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return Array.from(
    { length: defaultLevels },
    (_, index) => sorted[Math.round(((index + 0.5) * (sorted.length - 1)) / defaultLevels)]!,
  );
}

function pathRows(series: string, points: readonly Point[]) {
  return thin(points.length, maxSteps).map((order) => {
    const [x, y] = points[order]!;
    return { series, order, x: finite(x), y: finite(y) };
  });
}
