import type { Config } from 'vega-lite';

/** The font of all charts, which `renderPng` contains. A browser without it takes the next font of the list. */
export const fontFamily = 'DejaVu Sans';

/**
 * Colours that colour-blind readers can tell apart, from Okabe and Ito, "Color Universal Design" (2008), without their
 * yellow: a thin yellow line is hard to see on white.
 */
export const palette: readonly string[] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000'];

const ink = '#333333';
const quietInk = '#666666';
const font = `${fontFamily}, Verdana, sans-serif`;

/** The look of all charts. A chart's own `config` overrides it. */
export const theme = {
  background: 'white',
  padding: 16,
  font,
  axis: {
    domainColor: '#999999',
    gridColor: '#e6e6e6',
    labelColor: ink,
    labelFontSize: 12,
    labelPadding: 6,
    ticks: false,
    titleColor: ink,
    titleFontSize: 13,
    titleFontWeight: 'normal',
    titlePadding: 12,
  },
  axisY: { domain: false },
  axisX: { labelFlush: false },
  legend: {
    columnPadding: 20,
    labelColor: ink,
    labelFontSize: 12,
    labelLimit: 0,
    orient: 'top',
    symbolStrokeWidth: 3,
    titleColor: ink,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titleLimit: 0,
  },
  mark: { color: palette[0]! },
  line: { strokeJoin: 'round', strokeWidth: 2 },
  range: { category: [...palette], heatmap: { scheme: 'viridis' }, ramp: { scheme: 'viridis' } },
  title: {
    anchor: 'start',
    color: ink,
    fontSize: 16,
    fontWeight: 'bold',
    offset: 12,
    subtitleColor: quietInk,
    subtitleFontSize: 12,
    subtitlePadding: 6,
  },
  view: { stroke: null },
} satisfies Config;

/** The size of one panel, in SVG units: two side by side fit a page, axis labels stay readable at 100 %. */
export const panel = { width: 380, height: 260 } as const;
