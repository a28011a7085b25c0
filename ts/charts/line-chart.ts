import type { TopLevelSpec } from 'vega-lite';
import { checkOptions } from '../core/fields.js';
import {
  type AxisOptions,
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

/** A line or a set of points, with a name for the legend. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Default `line`. Dashes are for a line that others are compared with. */
  readonly mark?: 'line' | 'dashes' | 'points' | undefined;
}

/** Options of `lineChart`. */
export interface LineChartOptions extends PanelOptions {
  readonly x: AxisOptions;
  readonly y: AxisOptions;
}

const maxLinePoints = 1000;
const dashes = [5, 4];
const legendDashes = [3, 2];

/**
 * Draws lines through points, or the points alone, on two axes of numbers. A line goes through its points in their
 * order; NaN and infinity leave a gap. Of more than 1000 points a line goes through 999, evenly chosen. A single series
 * gets no legend.
 *
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for no series, or an unknown option
 */
export function lineChart(series: readonly Series[], options: LineChartOptions): Panel {
  checkOptions(options, [...panelOptionNames, 'x', 'y']);
  requireSome('series', 'series', series);
  const names = series.map(({ name }) => name);
  const isLine = series.map(({ mark = 'line' }) => mark !== 'points');
  const legend = {
    title: null,
    symbolType: 'stroke',
    symbolOpacity: 1,
    labelOffset: 8,
    encoding: { symbols: symbolsOf(series) },
  };
  const scale = { domain: names, range: names.map((_, index) => palette[index % palette.length]!) };
  return {
    ...frame(options),
    encoding: { x: quantitative('x', options.x), y: quantitative('y', options.y) },
    layer: series.map(({ name, points, mark = 'line' }, index) => ({
      data: { values: rowsOf(name, points, isLine[index]!, options) },
      mark: marks[mark],
      encoding: {
        color: { field: 'series', type: 'nominal', scale, legend: series.length > 1 ? legend : null },
        ...(isLine[index] ? { order: { field: 'order', type: 'quantitative' } } : {}),
      },
    })),
  } satisfies TopLevelSpec;
}

const marks = {
  line: { type: 'line', clip: true },
  dashes: { type: 'line', clip: true, strokeDash: dashes },
  points: { type: 'circle', size: 14, opacity: 0.4, aria: false }, // thousands of labels would be no help
} as const;

/** The legend's symbols as the chart has them: a line, dashes, or a dot. */
function symbolsOf(series: readonly Series[]) {
  const isOne = (mark: Series['mark']) => {
    const names = series.filter((each) => (each.mark ?? 'line') === mark).map(({ name }) => name);
    return `indexof(${JSON.stringify(names)}, datum.value) >= 0`;
  };
  return {
    shape: { value: { signal: `${isOne('points')} ? 'circle' : 'stroke'` } },
    strokeDash: { value: { signal: `${isOne('dashes')} ? ${JSON.stringify(legendDashes)} : [1, 0]` } },
    size: { value: { signal: `${isOne('points')} ? 60 : 200` } },
    // As the theme has lines: layers whose legends differ would be warned about.
    strokeJoin: { value: 'round' },
    // A line has no area, and a dot's edge would make it larger.
    strokeWidth: { value: { signal: `${isOne('points')} ? 0 : 2.5` } },
  };
}

function rowsOf(series: string, points: readonly Point[], isLine: boolean, { x: xAxis, y: yAxis }: LineChartOptions) {
  const isShown = (some: readonly Point[]) => isVisible(some, xAxis, yAxis);
  const shown = isLine ? (isShown(points) ? points : []) : points.filter((point) => isShown([point]));
  const kept = isLine ? thin(shown.length, maxLinePoints) : shown.keys();
  return Array.from(kept, (order) => {
    const [x, y] = shown[order]!;
    return { series, x: finite(x), y: finite(y), ...(isLine ? { order } : {}) };
  });
}
