export { type LossChartOptions, lossChart, type XCoordinate } from './loss-chart.js';
export { renderPng, renderSvg, saveChart } from './render.js';
export { fontFamily, palette, theme } from './theme.js';
