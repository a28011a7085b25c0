export { confusionChart, confusionMatrix } from './confusion-chart.js';
export { type ContourChartOptions, contourChart } from './contour-chart.js';
export { filterPictures } from './filter-pictures.js';
export {
  type Bin,
  type HistogramChartOptions,
  type HistogramOptions,
  histogram,
  histogramChart,
} from './histogram-chart.js';
export { type LineChartOptions, lineChart, type Series } from './line-chart.js';
export {
  type LossChartOptions,
  type LossHistoryOptions,
  type LossScale,
  lossChart,
  type XCoordinate,
} from './loss-chart.js';
export { type NetChartNode, type NetChartOptions, netChart } from './net-chart.js';
export type { AxisOptions, PanelOptions, Point } from './panel.js';
export { type Picture, type PictureSheetOptions, pictureSheet } from './picture-sheet.js';
export type { Pixels } from './png.js';
export { type PngOptions, renderPng, renderSvg, saveChart } from './render.js';
export { type RocCurve, rocChart, rocCurve } from './roc-chart.js';
export { type ScatterChartOptions, scatterChart } from './scatter-chart.js';
export type { ChartSpecification, Panel } from './specification.js';
export { fontFamily, palette, theme } from './theme.js';
export { type TrellisOptions, trellis } from './trellis.js';
